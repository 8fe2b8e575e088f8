//! What arbitrary files must never do to the reader of imports: for the property tests below and for `fuzz/`.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a broken promise is what a fuzzer looks for"
)]

use super::imports::{LEAD, status_words};
use crate::kernel::{Country, Currency, TimeZone};
use crate::platform::sheets::decode::{MAX_COLUMNS, Sheet};
use crate::platform::sheets::mapping::Mapping;
use crate::platform::sheets::values;

pub use super::capture::fuzzing::answer;

/// A file that is read has as many rows as it says, each as wide as the header, and reads on from the middle alike.
pub fn csv(bytes: &[u8]) {
    let Ok(sheet) = Sheet::open(bytes.to_vec()) else { return };
    let width = sheet.headers().len();
    assert!((1..=MAX_COLUMNS).contains(&width));
    let rows: Vec<_> = sheet.rows().collect();
    assert_eq!(rows.len(), usize::try_from(sheet.row_count()).expect("a count"));
    let mapping = Mapping::guess(&LEAD, sheet.headers());
    for row in rows.iter().flatten() {
        assert_eq!(row.cells.len(), width);
        let draft = mapping.apply(row);
        let _ = (draft.email(), draft.phone(Country::MEXICO));
    }
    let middle = rows.get(rows.len() / 2);
    if let Some(Ok(row)) = middle {
        let rest = sheet.rows_from(row.next).expect("a position of this file");
        assert!(rest.eq(rows[rows.len() / 2 + 1..].iter().cloned()), "the rows behind a position differ");
        assert!(sheet.rows_after(row.number).eq(sheet.rows_from(row.next).expect("the same position")));
    }
}

/// What a cell means is bounded.
pub fn cell(text: &str) {
    let _ = (status_words::status(text), values::split_emails(text), values::split_phones(text));
    let _ = (values::employee_count(text), values::date_time(text, TimeZone::MEXICO_CITY));
    if let Ok(money) = values::annual_revenue(text, Currency::MXN) {
        assert!(money.minor() >= 0, "{text} is {money:?}");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{answer, cell, csv};

    proptest! {
        #[test]
        fn files(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
            text in "[a-d@.,;|\t\"\n\r ñ0-9=+-]{0,300}",
            head in "(\u{feff}|sep=;\n|)(Empresa|Correo|Tel)[,;\t|](Email|x|Empresa)\n",
        ) {
            csv(&bytes);
            csv(text.as_bytes());
            csv(format!("{head}{text}").as_bytes());
            let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            csv(&[vec![0xff, 0xfe], wide].concat());
        }

        #[test]
        fn cells(text in ".{0,60}", number in "[-+$ 0-9.,kKmMdDlL/:T%]{0,30}") {
            cell(&text);
            cell(&number);
        }

        #[test]
        fn answers(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            value in r#"("[a-z0-9@. \\u]{0,20}"|[0-9.e-]{1,6}|true|null|\[("a"|1|\[\])?\]|\{\})"#,
            name in "contact_name|email|phone|employee_count|field\\.kind|consent|elapsed_ms|utm_source",
        ) {
            answer(&bytes);
            answer(format!("{{\"{name}\":{value},\"email\":\"a@b.mx\"}}").as_bytes());
        }
    }
}
