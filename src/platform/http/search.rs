//! What somebody types into a search box.

use crate::kernel::text::{digits, fold};
use crate::kernel::{Invalid, Line};
use crate::platform::problem::{FieldError, Problem};

/// `LIKE` patterns for what the parameter `q` says, over texts that were folded; digits are looked for as such.
pub fn search_patterns(typed: &str) -> Result<Vec<String>, Problem> {
    let refuse = |reason: Invalid| Problem::invalid(vec![FieldError::parameter("q", reason)]);
    let line = Line::<100>::parse(typed).map_err(refuse)?;
    let mut patterns = vec![pattern(&fold(line.as_str()))];
    let number = digits(line.as_str());
    let is_number = line.as_str().chars().all(|c| c.is_ascii_digit() || " +-().".contains(c));
    if number.len() >= 4 && is_number {
        patterns.push(pattern(&number));
    }
    Ok(patterns)
}

fn pattern(text: &str) -> String {
    format!("%{}%", text.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_"))
}
