//! PDF: pages of text, boxes, pictures and QR codes, placed in points (1/72 inch) from the top left corner.
//!
//! The same marks make the same bytes: nothing of the clock or of chance is in a file.

mod draw;
mod faces;
mod picture;

use qrcode::QrCode;

pub use draw::PdfError;
use faces::Faces;
pub use faces::Weight;
pub use picture::{Picture, PictureKind};

/// Letters' width and height: paper of Letter size, as offices in the Americas use it.
pub const PAPER: (f32, f32) = (612.0, 792.0);

/// A colour as red, green and blue.
pub type Rgb = [u8; 3];

/// Black.
pub const BLACK: Rgb = [0, 0, 0];

/// How text looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    /// Regular or bold.
    pub weight: Weight,
    /// The size in points.
    pub size: f32,
    /// The colour.
    pub color: Rgb,
}

/// On which side of its point a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// It begins there.
    Left,
    /// It ends there.
    Right,
}

/// Something on a page.
#[derive(Debug, Clone)]
enum Mark {
    Text { left: f32, baseline: f32, style: Style, text: String },
    Fill { left: f32, top: f32, width: f32, height: f32, color: Rgb },
    Picture { left: f32, top: f32, width: f32, height: f32, picture: Picture },
}

/// A document on its way.
pub struct Pages {
    faces: Faces,
    pages: Vec<Vec<Mark>>,
}

impl Pages {
    /// One empty page.
    pub fn new() -> Result<Self, PdfError> {
        Ok(Self { faces: Faces::load()?, pages: vec![Vec::new()] })
    }

    /// Goes on with a new page.
    pub fn turn(&mut self) {
        self.pages.push(Vec::new());
    }

    /// How many pages there are.
    pub fn count(&self) -> usize {
        self.pages.len()
    }

    /// Writes one line of text with its baseline at `baseline`, on the last page.
    pub fn text(&mut self, (x, baseline): (f32, f32), align: Align, style: Style, text: &str) {
        let page = self.pages.len() - 1;
        self.text_on(page, (x, baseline), align, style, text);
    }

    /// Writes one line of text on page `page`, counted from zero.
    pub fn text_on(
        &mut self,
        page: usize,
        (x, baseline): (f32, f32),
        align: Align,
        style: Style,
        text: &str,
    ) {
        let left = match align {
            Align::Left => x,
            Align::Right => x - self.width(style, text),
        };
        if let Some(marks) = self.pages.get_mut(page) {
            marks.push(Mark::Text { left, baseline, style, text: text.to_owned() });
        }
    }

    /// Fills a box on the last page.
    pub fn fill(&mut self, (left, top): (f32, f32), (width, height): (f32, f32), color: Rgb) {
        if let Some(marks) = self.pages.last_mut() {
            marks.push(Mark::Fill { left, top, width, height, color });
        }
    }

    /// Draws a picture on the last page.
    pub fn picture(&mut self, (left, top): (f32, f32), (width, height): (f32, f32), picture: &Picture) {
        if let Some(marks) = self.pages.last_mut() {
            marks.push(Mark::Picture { left, top, width, height, picture: picture.clone() });
        }
    }

    /// Draws a QR code (ISO/IEC 18004) of `text`, `size` points wide with its quiet zone, on the last page; texts beyond what
    /// such a code holds are left out.
    pub fn qr(&mut self, (left, top): (f32, f32), size: f32, text: &str) {
        const QUIET: usize = 4;
        let Ok(code) = QrCode::new(text) else { return };
        let modules = code.width();
        #[expect(clippy::cast_precision_loss, reason = "at most 185 modules")]
        let step = size / (modules + 2 * QUIET) as f32;
        #[expect(clippy::cast_precision_loss, reason = "at most 185 modules")]
        let at = |index: usize| (index + QUIET) as f32 * step;
        for (row, line) in code.to_colors().chunks(modules).enumerate() {
            // Neighbours are one box, so that no hair line shows between them.
            let mut column = 0;
            for run in line.chunk_by(|one, other| one == other) {
                if run[0] == qrcode::Color::Dark {
                    #[expect(clippy::cast_precision_loss, reason = "at most 177 modules")]
                    let width = run.len() as f32 * step;
                    self.fill((left + at(column), top + at(row)), (width, step), BLACK);
                }
                column += run.len();
            }
        }
    }

    /// The width of a line of text.
    pub fn width(&self, style: Style, text: &str) -> f32 {
        self.faces.width(style.weight, style.size, text)
    }

    /// `text` in lines of at most `width`, broken at spaces, and within words that are wider by themselves.
    pub fn wrap(&self, style: Style, text: &str, width: f32) -> Vec<String> {
        let mut lines = Vec::new();
        for paragraph in text.lines() {
            let mut line = String::new();
            for word in paragraph.split_whitespace() {
                let candidate = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
                if self.width(style, &candidate) <= width {
                    line = candidate;
                    continue;
                }
                if !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                }
                for letter in word.chars() {
                    line.push(letter);
                    if line.chars().count() > 1 && self.width(style, &line) > width {
                        line.pop();
                        lines.push(std::mem::replace(&mut line, letter.to_string()));
                    }
                }
            }
            lines.push(line);
        }
        lines
    }

    /// The file, with its title and language (BCP 47) for readers of screens.
    pub fn finish(self, title: &str, language: &str) -> Result<Vec<u8>, PdfError> {
        draw::draw(&self.faces, &self.pages, title, language)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style { weight: Weight::Regular, size: 10.0, color: BLACK };

    #[test]
    fn text_is_broken_where_it_fits() {
        let pages = Pages::new().unwrap();
        let text = "Sastrería Ñandú, S.A. de C.V.\nSupercalifragilístico 12";
        for width in [20.0, 60.0, 90.0, 400.0] {
            let lines = pages.wrap(STYLE, text, width);
            assert!(lines.iter().all(|line| pages.width(STYLE, line) <= width), "{lines:?}");
            let letters =
                |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
            assert_eq!(letters(&lines.concat()), letters(text));
        }
        assert_eq!(pages.wrap(STYLE, "a\n\nb", 100.0), ["a", "", "b"]);
    }

    #[test]
    fn the_same_marks_make_the_same_file() {
        let file = || {
            let mut pages = Pages::new().unwrap();
            pages.text((50.0, 50.0), Align::Left, STYLE, "Cotización");
            pages.qr((50.0, 60.0), 80.0, "https://example.com/q/1");
            pages.turn();
            pages.finish("Cotización", "es-MX").unwrap()
        };
        assert!(file().starts_with(b"%PDF-"));
        assert_eq!(file(), file());
    }
}
