//! The one error type of the workspace; each variant is one Python class of `workbench.errors`.

use std::fmt;

/// What went wrong, as a sentence that says what was given, what is allowed and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    Bars(String),
    Number(String),
    Order(String),
    Parameter(String),
    UnknownAsset(String),
    Context(String),
    Lookahead(String),
    Undefined(String),
    Unsupported(String),
    Range(String),
    Ledger(String),
    /// A function of the user raised; what it raised is kept where it was called.
    Raised(String),
    Limit(String),
    Journal(String),
}

impl Error {
    /// The sentence for the user.
    pub fn message(&self) -> &str {
        use Error::*;
        match self {
            Bars(m) | Number(m) | Order(m) | Parameter(m) | UnknownAsset(m) | Context(m) | Lookahead(m)
            | Undefined(m) | Unsupported(m) | Range(m) | Ledger(m) | Raised(m) | Limit(m) | Journal(m) => m,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for Error {}

/// Shorthand of the workspace.
pub type Result<T> = std::result::Result<T, Error>;
