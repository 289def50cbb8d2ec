//! The error of a text that cannot be parsed.

/// What is wrong with a text, and what to write instead.
///
/// # Examples
///
/// ```
/// use dialdeck_core::domain::Timestamp;
///
/// let error = "yesterday".parse::<Timestamp>().unwrap_err();
/// assert_eq!(error.reason, "`yesterday` is not an instant");
/// assert_eq!(error.hint, "write it as 2026-12-07T15:30:00Z");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// What is wrong.
    pub reason: String,
    /// What to write instead; may be empty.
    pub hint: String,
}

impl ParseError {
    /// Creates an error of its reason and its hint.
    pub fn new(reason: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            hint: hint.into(),
        }
    }
}

impl std::fmt::Display for ParseError {
    /// Writes the reason, and the hint after a semicolon.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.reason)?;
        match self.hint.as_str() {
            "" => Ok(()),
            hint => write!(f, "; {hint}"),
        }
    }
}

impl std::error::Error for ParseError {}

impl From<ParseError> for String {
    fn from(error: ParseError) -> Self {
        error.to_string()
    }
}
