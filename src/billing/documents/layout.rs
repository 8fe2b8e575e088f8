//! Where things stand on the page.

use super::domain::{Party, Printed, PrintedLine};
use crate::kernel::{Color, Message, Money};
use crate::platform::pdf::{Align, BLACK, PAPER, Pages, PdfError, Picture, Rgb, Style, Weight};

const LEFT: f32 = 48.0;
const RIGHT: f32 = PAPER.0 - 48.0;
/// Where text begins, below the band of colour.
const TOP: f32 = 48.0;
/// Below this line nothing but the foot is written.
const BOTTOM: f32 = PAPER.1 - 64.0;
const LEADING: f32 = 13.0;
const GREY: Rgb = [96, 96, 96];
const PALE: Rgb = [238, 238, 238];
/// The colours of whoever has not chosen any.
const PRIMARY: Rgb = [31, 78, 121];
/// Where the columns of numbers end.
const QUANTITY: f32 = 372.0;
const PRICE: f32 = 452.0;
const DESCRIPTION: (f32, f32) = (LEFT + 6.0, 236.0);
const QR: f32 = 92.0;
/// The most that a logo takes, wide and high.
const LOGO: (f32, f32) = (180.0, 54.0);
/// The least contrast of large text (WCAG 2.2, 1.4.3).
const READABLE: f32 = 3.0;

/// A document that is being laid out: its pages, and how far down the last one is written.
struct Sheet<'d> {
    document: &'d Printed,
    pages: Pages,
    primary: Rgb,
    /// The colour of titles on white: the primary one, where it can be read there.
    ink: Rgb,
    at: f32,
}

/// The document as PDF.
pub fn pdf(document: &Printed) -> Result<Vec<u8>, PdfError> {
    let primary = document.primary.as_ref().map_or(PRIMARY, Color::rgb);
    let ink = if contrast_with_white(primary) >= READABLE { primary } else { BLACK };
    let mut sheet = Sheet { document, pages: Pages::new()?, primary, ink, at: TOP };
    sheet.head();
    sheet.parties();
    sheet.table_head();
    for line in &document.lines {
        sheet.line(line);
    }
    sheet.sums();
    sheet.notes();
    sheet.link();
    sheet.feet();
    let title = format!("{} {}", sheet.say(&document.title), document.folio);
    sheet.pages.finish(&title, document.locale.as_str())
}

impl Sheet<'_> {
    fn say(&self, message: &Message) -> String {
        message.in_language(self.document.locale.language()).to_owned()
    }

    fn write(&mut self, x: f32, align: Align, style: Style, text: &str) {
        self.pages.text((x, self.at), align, style, text);
    }

    /// Makes sure that `height` is left on the page.
    fn need(&mut self, height: f32) -> bool {
        if self.at + height <= BOTTOM {
            return false;
        }
        self.pages.turn();
        self.at = TOP;
        true
    }

    /// The seller's picture, above their name; one that cannot be drawn is left out.
    fn logo(&mut self) {
        let picture = self.document.logo.as_ref().and_then(|content| Picture::read(content).ok());
        if let Some(picture) = picture {
            let (width, height) = picture.fitting(LOGO);
            self.pages.picture((LEFT, TOP - 8.0), (width, height), &picture);
            self.at += height + 4.0;
        }
    }

    fn head(&mut self) {
        self.pages.fill((0.0, 0.0), (PAPER.0, 14.0), self.primary);
        self.at = TOP + 14.0;
        let title = self.say(&self.document.title).to_uppercase();
        self.write(RIGHT, Align::Right, bold(18.0, self.ink), &title);
        self.logo();
        let name = bold(15.0, BLACK);
        let seller = &self.document.seller;
        for line in self.pages.wrap(name, &seller.name, 300.0) {
            self.write(LEFT, Align::Left, name, &line);
            self.at += 18.0;
        }
        let mut right = TOP + 14.0 + 18.0;
        self.pages.text((RIGHT, right), Align::Right, bold(11.0, BLACK), &self.document.folio);
        for (what, date) in &self.document.dates {
            right += LEADING;
            let text = format!("{}: {}", self.say(what), self.document.locale.date(*date));
            self.pages.text((RIGHT, right), Align::Right, regular(9.0, GREY), &text);
        }
        if let Some(remark) = &self.document.remark {
            right += LEADING;
            let text = self.say(remark);
            self.pages.text((RIGHT, right), Align::Right, bold(9.0, self.ink), &text);
        }
        self.details(seller);
        self.at = self.at.max(right) + 14.0;
    }

    fn details(&mut self, party: &Party) {
        let style = regular(9.0, GREY);
        for line in
            party.details.iter().flat_map(|line| self.pages.wrap(style, line, 300.0)).collect::<Vec<_>>()
        {
            self.write(LEFT, Align::Left, style, &line);
            self.at += LEADING - 1.0;
        }
    }

    fn parties(&mut self) {
        self.at += 6.0;
        let to = self.say(&Message::new("For", "Para"));
        self.write(LEFT, Align::Left, bold(8.0, self.ink), &to.to_uppercase());
        self.at += 15.0;
        let name = bold(11.0, BLACK);
        for line in self.pages.wrap(name, &self.document.buyer.name, 380.0) {
            self.write(LEFT, Align::Left, name, &line);
            self.at += 14.0;
        }
        self.details(&self.document.buyer);
        self.at += 10.0;
    }

    fn table_head(&mut self) {
        let on = self.document.secondary.as_ref().map_or([255, 255, 255], Color::rgb);
        self.pages.fill((LEFT, self.at), (RIGHT - LEFT, 20.0), self.primary);
        self.at += 14.0;
        let style = bold(9.0, on);
        for (x, align, message) in [
            (DESCRIPTION.0, Align::Left, Message::new("Description", "Descripción")),
            (QUANTITY, Align::Right, Message::new("Quantity", "Cantidad")),
            (PRICE, Align::Right, Message::new("Price", "Precio")),
            (RIGHT - 6.0, Align::Right, Message::new("Amount", "Importe")),
        ] {
            let text = self.say(&message);
            self.write(x, align, style, &text);
        }
        self.at += 22.0;
    }

    fn line(&mut self, line: &PrintedLine) {
        let style = regular(9.5, BLACK);
        let locale = self.document.locale;
        let texts = self.pages.wrap(style, &line.description, DESCRIPTION.1);
        // A line stays together, unless it is longer than a page.
        #[expect(clippy::cast_precision_loss, reason = "as many lines as fit a page")]
        let height = texts.len().min(40) as f32 * LEADING + 18.0;
        if self.need(height) {
            self.table_head();
        }
        self.write(
            QUANTITY,
            Align::Right,
            style,
            &format!("{} {}", locale.decimal(&line.quantity), line.unit),
        );
        self.write(PRICE, Align::Right, style, &locale.decimal(&line.unit_price));
        self.write(RIGHT - 6.0, Align::Right, style, &locale.decimal(&line.amount.amount()));
        for text in texts {
            self.need(LEADING);
            self.write(DESCRIPTION.0, Align::Left, style, &text);
            self.at += LEADING;
        }
        if let Some(discount) = line.discount {
            let text =
                format!("{}: -{}", self.say(&Message::new("Discount", "Descuento")), locale.money(discount));
            self.write(DESCRIPTION.0, Align::Left, regular(8.5, GREY), &text);
            self.at += LEADING;
        }
        self.pages.fill((LEFT, self.at - 6.0), (RIGHT - LEFT, 0.5), PALE);
        self.at += 10.0;
    }

    fn sums(&mut self) {
        let sums: &[(Message, Money)] = &self.document.sums;
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        self.need(sums.len() as f32 * 16.0 + 20.0);
        self.at += 4.0;
        for (index, (what, money)) in sums.iter().enumerate() {
            let is_total = index + 1 == sums.len();
            let style = if is_total { bold(12.0, self.ink) } else { regular(9.5, BLACK) };
            if is_total {
                self.pages.fill((PRICE - 150.0, self.at - 10.0), (RIGHT - PRICE + 150.0, 0.8), self.primary);
                self.at += 6.0;
            }
            let (what, money) = (self.say(what), self.document.locale.money(*money));
            self.write(PRICE, Align::Right, style, &what);
            self.write(RIGHT - 6.0, Align::Right, style, &money);
            self.at += 16.0;
        }
        self.at += 10.0;
    }

    fn notes(&mut self) {
        let style = regular(9.0, GREY);
        for line in self.pages.wrap(style, &self.document.notes, RIGHT - LEFT) {
            self.need(LEADING);
            self.write(LEFT, Align::Left, style, &line);
            self.at += LEADING;
        }
    }

    fn link(&mut self) {
        let Some((what, url)) = &self.document.link else { return };
        self.need(QR + 12.0);
        self.pages.qr((LEFT - 4.0, self.at), QR, url.as_str());
        let what = self.say(what);
        let x = LEFT + QR + 8.0;
        self.pages.text((x, self.at + 34.0), Align::Left, bold(9.5, BLACK), &what);
        for (index, line) in self.pages.wrap(regular(8.0, GREY), url.as_str(), RIGHT - x).iter().enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "a handful")]
            let down = 48.0 + index as f32 * 10.0;
            self.pages.text((x, self.at + down), Align::Left, regular(8.0, GREY), line);
        }
        self.at += QR + 12.0;
    }

    /// Says on every page which one of how many it is.
    fn feet(&mut self) {
        let count = self.pages.count();
        for page in 0..count {
            let number = page + 1;
            let text = self.say(&Message::formatted(
                format!("Page {number} of {count}"),
                format!("Página {number} de {count}"),
            ));
            let style = regular(8.0, GREY);
            self.pages.text_on(page, (RIGHT, PAPER.1 - 32.0), Align::Right, style, &text);
            let whose = format!("{} · {}", self.document.seller.name, self.document.folio);
            self.pages.text_on(page, (LEFT, PAPER.1 - 32.0), Align::Left, style, &whose);
        }
    }
}

/// The contrast ratio of WCAG 2.2 between `color` and white.
fn contrast_with_white(color: Rgb) -> f32 {
    let [red, green, blue] = color.map(|part| {
        let part = f32::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
}

fn regular(size: f32, color: Rgb) -> Style {
    Style { weight: Weight::Regular, size, color }
}

fn bold(size: f32, color: Rgb) -> Style {
    Style { weight: Weight::Bold, size, color }
}
