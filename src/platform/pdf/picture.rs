//! Pictures that are put on a page.

use krilla::image::Image;

use super::{PdfError, draw};
use crate::kernel::Invalid;

/// Pixels of a side, so that nobody's picture fills the memory when it is unpacked.
const SIDE_AT_MOST: u32 = 1_000;

/// How a picture is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureKind {
    /// ISO/IEC 15948.
    Png,
    /// ISO/IEC 10918-1.
    Jpeg,
}

/// A picture that can be drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    kind: PictureKind,
    image: Image,
}

impl Picture {
    /// A PNG or a JPEG of at most 1,000 pixels a side that was drawn once to see that it can be. That takes some milliseconds
    /// and megabytes.
    pub fn parse(content: &[u8]) -> Result<Self, Invalid> {
        let picture = Self::read(content)?;
        picture.try_out().map_err(|_| broken())?;
        Ok(picture)
    }

    /// One that was parsed before, by what it says of itself.
    pub fn read(content: &[u8]) -> Result<Self, Invalid> {
        let (kind, image) = if content.starts_with(b"\x89PNG\r\n\x1a\n") {
            (PictureKind::Png, Image::from_png(content.to_vec().into(), true))
        } else if content.starts_with(&[0xff, 0xd8, 0xff]) {
            (PictureKind::Jpeg, Image::from_jpeg(content.to_vec().into(), true))
        } else {
            return Err(Invalid::new("must be a PNG or a JPEG", "debe ser un PNG o un JPEG"));
        };
        let image = image.map_err(|_| broken())?;
        let (width, height) = image.size();
        if width.max(height) > SIDE_AT_MOST || width.min(height) == 0 {
            return Err(Invalid::new(
                "must have at most 1,000 pixels a side",
                "debe tener como máximo 1,000 píxeles por lado",
            ));
        }
        Ok(Self { kind, image })
    }

    /// How it is packed.
    pub fn kind(&self) -> PictureKind {
        self.kind
    }

    /// The largest width and height in points within `bounds` that keep its proportions.
    pub fn fitting(&self, (width, height): (f32, f32)) -> (f32, f32) {
        #[expect(clippy::cast_precision_loss, reason = "at most 1,000")]
        let (wide, high) = (self.image.size().0 as f32, self.image.size().1 as f32);
        let scale = (width / wide).min(height / high);
        (wide * scale, high * scale)
    }

    pub(super) fn image(&self) -> &Image {
        &self.image
    }

    fn try_out(&self) -> Result<(), PdfError> {
        draw::alone(self).map(drop)
    }
}

impl PictureKind {
    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }
}

fn broken() -> Invalid {
    Invalid::new("cannot be read as a picture", "no se puede leer como imagen")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A PNG of one red pixel.
    const PIXEL: &[u8] = include_bytes!("../../../tests/data/pixel.png");

    #[test]
    fn pictures_are_told_from_other_bytes() {
        let pixel = Picture::parse(PIXEL).unwrap();
        assert_eq!((pixel.kind(), pixel.fitting((150.0, 44.0))), (PictureKind::Png, (44.0, 44.0)));
        let jpeg = Picture::parse(include_bytes!("../../../tests/data/pixel.jpg")).unwrap();
        assert_eq!(jpeg.kind().media_type(), "image/jpeg");
        let mut large = PIXEL.to_vec();
        large[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
        for (content, what) in [
            (&b""[..], "nothing"),
            (b"<svg/>", "SVG"),
            (&PIXEL[..40], "half of it"),
            (&[0xff, 0xd8, 0xff, 0xe0], "the beginning of a JPEG"),
            (&large, "a size that it does not have"),
        ] {
            assert!(Picture::parse(content).is_err(), "{what}");
        }
    }
}
