//! The faces that PDFs are set in: Liberation Sans, which has the letters of every language of the Americas.

use krilla::text::Font;
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

use super::PdfError;

// SIL Open Font License 1.1; its text is in assets/fonts/LICENSE.
static REGULAR: &[u8] = include_bytes!("../../../assets/fonts/LiberationSans-Regular.ttf");
static BOLD: &[u8] = include_bytes!("../../../assets/fonts/LiberationSans-Bold.ttf");

/// How heavy letters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// As in running text.
    Regular,
    /// As in titles.
    Bold,
}

/// Both faces, to measure and to draw with.
pub(super) struct Faces {
    regular: (FontRef<'static>, Font),
    bold: (FontRef<'static>, Font),
}

impl Faces {
    pub fn load() -> Result<Self, PdfError> {
        let face = |bytes: &'static [u8]| {
            let measured = FontRef::new(bytes).map_err(|error| PdfError::Font(error.to_string()))?;
            let drawn = Font::new(bytes.into(), 0).ok_or_else(|| PdfError::Font("unreadable".to_owned()))?;
            Ok((measured, drawn))
        };
        Ok(Self { regular: face(REGULAR)?, bold: face(BOLD)? })
    }

    pub fn font(&self, weight: Weight) -> &Font {
        match weight {
            Weight::Regular => &self.regular.1,
            Weight::Bold => &self.bold.1,
        }
    }

    pub fn width(&self, weight: Weight, size: f32, text: &str) -> f32 {
        let face = match weight {
            Weight::Regular => &self.regular.0,
            Weight::Bold => &self.bold.0,
        };
        let (letters, metrics) =
            (face.charmap(), face.glyph_metrics(Size::new(size), LocationRef::default()));
        let width =
            |letter: char| metrics.advance_width(letters.map(letter).unwrap_or_default()).unwrap_or_default();
        text.chars().map(width).sum()
    }
}
