//! What a member of an account may do.

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Changes settings.
    Admin,
    /// Looks at them.
    Member,
}

impl Role {
    /// The word of the database and of forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Member => "member",
        }
    }

    /// The role of that name. Whatever is not `admin` may only look.
    pub fn from_name(name: &str) -> Self {
        if name == "admin" { Self::Admin } else { Self::Member }
    }
}

impl From<String> for Role {
    fn from(name: String) -> Self {
        Self::from_name(&name)
    }
}
