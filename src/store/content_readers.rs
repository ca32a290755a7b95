//! Who of an account may read prompts and completions.

use super::role::Role;

/// In the order of how many they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContentReaders {
    Nobody,
    Admins,
    /// All of them, admins and others.
    Members,
}

impl ContentReaders {
    const ALL: [Self; 3] = [Self::Nobody, Self::Admins, Self::Members];

    /// The name in the database, in forms and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Admins => "admins",
            Self::Members => "members",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|readers| readers.name() == name)
    }

    /// Whether somebody in this role is one of them.
    pub fn include(self, role: Role) -> bool {
        match self {
            Self::Nobody => false,
            Self::Admins => role == Role::Admin,
            Self::Members => true,
        }
    }
}

/// A name of a newer version lets nobody in.
impl From<String> for ContentReaders {
    fn from(name: String) -> Self {
        Self::named(&name).unwrap_or(Self::Nobody)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_readers_include_whom_their_name_says() {
        let rows = [
            (ContentReaders::Nobody, false, false),
            (ContentReaders::Admins, true, false),
            (ContentReaders::Members, true, true),
        ];
        for (readers, admin, member) in rows {
            assert_eq!((readers.include(Role::Admin), readers.include(Role::Member)), (admin, member), "{readers:?}");
            assert_eq!(ContentReaders::from(readers.name().to_owned()), readers);
        }
        assert_eq!(ContentReaders::from("somebody".to_owned()), ContentReaders::Nobody);
    }
}
