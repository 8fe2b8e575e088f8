//! Marks become a file, by krilla.

use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect, Size, Transform};
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::text::TextDirection;

use super::faces::Faces;
use super::{Mark, PAPER, Picture, Rgb};

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// A face of ours cannot be read.
    #[error("the font cannot be read: {0}")]
    Font(String),
    /// The writer refused the document.
    #[error("the PDF cannot be written: {0}")]
    Writer(String),
}

pub(super) fn draw(
    faces: &Faces,
    pages: &[Vec<Mark>],
    title: &str,
    language: &str,
) -> Result<Vec<u8>, PdfError> {
    let mut document = Document::new();
    document.set_metadata(
        Metadata::new().title(title.to_owned()).language(language.to_owned()).producer("Cauce".to_owned()),
    );
    for marks in pages {
        let paper = PageSettings::from_wh(PAPER.0, PAPER.1)
            .ok_or_else(|| PdfError::Writer("the paper has no size".to_owned()))?;
        let mut page = document.start_page_with(paper);
        let mut surface = page.surface();
        for mark in marks {
            put(&mut surface, faces, mark);
        }
        surface.finish();
        page.finish();
    }
    document.finish().map_err(|error| PdfError::Writer(format!("{error:?}")))
}

/// A file of nothing but a picture.
pub(super) fn alone(picture: &Picture) -> Result<Vec<u8>, PdfError> {
    let (width, height) = PAPER;
    let mark = Mark::Picture { left: 0.0, top: 0.0, width, height, picture: picture.clone() };
    draw(&Faces::load()?, &[vec![mark]], "", "es-MX")
}

fn put(surface: &mut Surface<'_>, faces: &Faces, mark: &Mark) {
    match mark {
        Mark::Text { left, baseline, style, text } => {
            surface.set_fill(Some(fill(style.color)));
            let font = faces.font(style.weight).clone();
            let from = Point::from_xy(*left, *baseline);
            surface.draw_text(from, font, style.size, text, false, TextDirection::Auto);
        }
        Mark::Fill { left, top, width, height, color } => {
            let Some(area) = Rect::from_xywh(*left, *top, *width, *height) else { return };
            let mut path = PathBuilder::new();
            path.push_rect(area);
            if let Some(path) = path.finish() {
                surface.set_fill(Some(fill(*color)));
                surface.draw_path(&path);
            }
        }
        Mark::Picture { left, top, width, height, picture } => {
            let Some(size) = Size::from_wh(*width, *height) else { return };
            surface.push_transform(&Transform::from_translate(*left, *top));
            surface.draw_image(picture.image().clone(), size);
            surface.pop();
        }
    }
}

fn fill([red, green, blue]: Rgb) -> Fill {
    Fill { paint: rgb::Color::new(red, green, blue).into(), ..Fill::default() }
}
