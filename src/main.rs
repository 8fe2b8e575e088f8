//! The `cauce` command.

fn main() {}
