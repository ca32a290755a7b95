//! The roles of an account's members.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Changes settings.
    Admin,
    /// Sees the pages, and changes nothing.
    Member,
}

impl Role {
    /// The role's name in the database and in forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Member => "member",
        }
    }

    /// Any name but `admin` gives the lesser role.
    pub fn from_name(name: &str) -> Self {
        if name == "admin" { Self::Admin } else { Self::Member }
    }
}

impl From<String> for Role {
    fn from(name: String) -> Self {
        Self::from_name(&name)
    }
}
