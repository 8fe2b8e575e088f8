//! From the texts of a row to a product that could be created.

use serde_json::Map;

use crate::billing::catalog::ProductKind;
use crate::billing::catalog::domain::{Details, IMAGES_AT_MOST};
use crate::billing::domain::{ProductKey, UnitCode, tax_words};
use crate::kernel::{Decimal6, Invalid, Line, Message, Prose, WebUrl, text};
use crate::platform::http::Fields;
use crate::platform::problem::Problem;
use crate::platform::sheets::mapping::RowDraft;
use crate::platform::sheets::{Kept, values};
use crate::platform::transfers::{Name, RowContext, first_reason};

/// A product that could be created.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// What it is.
    pub kind: ProductKind,
    /// What is known of it.
    pub details: Details,
    /// Whether its name is one.
    pub name: Name,
    /// Whether the row says how it is kept.
    pub says_stock: bool,
    /// What one costs in the list that prices go to.
    pub price: Option<Decimal6>,
}

/// Reads a row, or says why it is no product. It needs an SKU and a name, or a description that stands in for it; any other
/// text that cannot be read is kept among the custom fields.
pub fn read_row(mut draft: RowDraft, context: &RowContext) -> Result<Candidate, Message> {
    let mut kept = Kept::new(&draft);
    let sku = draft.take("sku").ok_or_else(|| missing("SKU"))?;
    let sku = Line::parse(&sku).map_err(|why| at("sku", &why))?;
    let description = kept.value("description", draft.take("description"), Prose::parse);
    let name_given = if draft.text("name").is_some() { Name::Given } else { Name::Borrowed };
    let first_line = description.as_ref().and_then(|text: &Prose<5000>| text.as_str().lines().next());
    let name = draft.take("name").or_else(|| first_line.map(|line| line.chars().take(255).collect()));
    let name = name.ok_or_else(|| missing("name"))?;
    let name = Line::parse(&name).map_err(|why| at("name", &why))?;
    let kind = match draft.take("kind") {
        Some(text) => kind(&text)?,
        None => ProductKind::Good,
    };
    let sat_product_key = kept.value("sat_product_key", draft.take("sat_product_key"), ProductKey::parse);
    let unit_code = kept.value("unit_code", draft.take("unit_code"), unit);
    let taxes = kept.value("taxes", draft.take("taxes"), tax_words::read).unwrap_or_default();
    let images = kept.value("images", draft.take("images"), images).unwrap_or_default();
    let tracks = kept.value("tracks_stock", draft.take("tracks_stock"), yes_or_no);
    let backorder = kept.value("allows_backorder", draft.take("allows_backorder"), yes_or_no);
    let price = draft.take("unit_price");
    let price = match context.settings.price_list {
        Some(_) => kept.value("unit_price", price, |text| values::price(text, context.currency)),
        None => {
            // Without a list it is a text like any other.
            kept.value("unit_price", price, |_| Err::<Decimal6, _>(no_list()))
        }
    };
    kept.read_fields(&context.fields);
    let says_stock = tracks.is_some() || backorder.is_some();
    let tracks_stock = tracks.unwrap_or(kind == ProductKind::Good) && kind == ProductKind::Good;
    let details = Details {
        sku,
        name,
        description,
        sat_product_key,
        unit_code,
        taxes,
        images,
        tracks_stock,
        allows_backorder: backorder.unwrap_or(false) && tracks_stock,
        is_archived: false,
        components: Vec::new(),
        custom_fields: Map::new(),
    };
    let details = Details { custom_fields: kept.into_values(), ..details };
    let mut fields = Fields::default();
    details.check(kind, &mut fields);
    fields.finish().map_err(|problem: Problem| first_reason(&problem))?;
    Ok(Candidate { kind, details, name: name_given, says_stock, price })
}

/// A good or a service; what has parts or a place has a form of its own.
fn kind(text: &str) -> Result<ProductKind, Message> {
    match text::fold(text).as_str() {
        "good" | "producto" | "bien" | "articulo" | "product" | "goods" | "storable" | "consumable" => {
            Ok(ProductKind::Good)
        }
        "service" | "servicio" | "servico" => Ok(ProductKind::Service),
        _ => Err(Message::formatted(
            format!(
                "\"{text}\" cannot be imported: a row is a good or a service; make bundles and lots one by one."
            ),
            format!(
                "\"{text}\" no se puede importar: una fila es un bien o un servicio; cree paquetes y lotes uno por uno."
            ),
        )),
    }
}

/// A unit by its key in the SAT's catalogue, or by what people call it.
fn unit(text: &str) -> Result<UnitCode, Invalid> {
    const WORDS: [(&str, &str); 28] = [
        ("pieza", "H87"),
        ("piezas", "H87"),
        ("pza", "H87"),
        ("pzas", "H87"),
        ("pz", "H87"),
        ("unidad", "H87"),
        ("servicio", "E48"),
        ("unidad de servicio", "E48"),
        ("kilogramo", "KGM"),
        ("kilo", "KGM"),
        ("kg", "KGM"),
        ("gramo", "GRM"),
        ("litro", "LTR"),
        ("lt", "LTR"),
        ("metro", "MTR"),
        ("mts", "MTR"),
        ("mt", "MTR"),
        ("metro cuadrado", "MTK"),
        ("m2", "MTK"),
        ("hora", "HUR"),
        ("hr", "HUR"),
        ("dia", "DAY"),
        ("mes", "MON"),
        ("caja", "XBX"),
        ("paquete", "XPK"),
        ("juego", "SET"),
        ("par", "PR"),
        ("docena", "DZN"),
    ];
    let folded = text::fold(text);
    let folded = folded.trim_end_matches('.');
    let code = WORDS.iter().find(|(word, _)| *word == folded).map(|(_, code)| *code);
    // `H87 - Pieza` is its key.
    let first = text.split([' ', '-']).next().unwrap_or_default().to_uppercase();
    UnitCode::parse(code.unwrap_or(&first))
}

fn images(text: &str) -> Result<Vec<WebUrl>, Invalid> {
    let places = text.split([' ', '\n', ';', ',', '|']).filter(|piece| !piece.is_empty());
    let images: Vec<WebUrl> = places.map(WebUrl::parse).collect::<Result<_, _>>()?;
    if images.len() > IMAGES_AT_MOST {
        Err(Invalid::new("are at most 20", "son como máximo 20"))
    } else {
        Ok(images)
    }
}

fn yes_or_no(text: &str) -> Result<bool, Invalid> {
    match text::fold(text).as_str() {
        "si" | "s" | "yes" | "y" | "true" | "verdadero" | "1" | "x" => Ok(true),
        "no" | "n" | "false" | "falso" | "0" => Ok(false),
        _ => Err(Invalid::new("is yes or no", "es sí o no")),
    }
}

fn at(field: &str, why: &Invalid) -> Message {
    Message::formatted(format!("{field}: {}", why.0.en), format!("{field}: {}", why.0.es))
}

fn missing(what: &'static str) -> Message {
    if what == "SKU" {
        Message::new("The row has no SKU.", "La fila no tiene SKU.")
    } else {
        Message::new(
            "The row has neither a name nor a description.",
            "La fila no tiene nombre ni descripción.",
        )
    }
}

fn no_list() -> Invalid {
    Invalid::new("there is no list for it", "no hay lista para él")
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{Candidate, read_row};
    use crate::billing::catalog::ProductKind;
    use crate::billing::catalog::imports::vocabulary::PRODUCT;
    use crate::billing::domain::tax_words;
    use crate::kernel::{Country, Currency, FieldSet, Message, TimeZone};
    use crate::platform::sheets::decode::Sheet;
    use crate::platform::sheets::mapping::Mapping;
    use crate::platform::transfers::{Name, RowContext, Settings};

    fn read(header: &str, row: &str) -> Result<Candidate, Message> {
        let sheet = Sheet::open(format!("{header}\n{row}\n").into_bytes()).unwrap();
        let draft = Mapping::guess(&PRODUCT, sheet.headers()).apply(&sheet.rows().next().unwrap().unwrap());
        let context = RowContext {
            settings: Settings { price_list: Some(Uuid::nil()), ..Settings::default() },
            country: Country::MEXICO,
            currency: Currency::MXN,
            zone: TimeZone::MEXICO_CITY,
            fields: FieldSet::default(),
        };
        read_row(draft, &context)
    }

    #[test]
    fn price_lists_by_hand_are_read() {
        let header = "Clave,Descripción,Unidad,Clave SAT,IVA,Precio,Marca";
        let row = "UNI-M,\"Uniforme escolar, talla M\",Pza.,53102700,16%,\"$1,185.50\",Nájera";
        let candidate = read(header, row).unwrap();
        let details = &candidate.details;
        assert_eq!((details.sku.as_str(), details.name.as_str()), ("UNI-M", "Uniforme escolar, talla M"));
        assert_eq!((candidate.kind, candidate.name), (ProductKind::Good, Name::Borrowed));
        assert_eq!(details.unit_code.as_ref().unwrap().as_str(), "H87");
        assert_eq!(details.sat_product_key.as_ref().unwrap().as_str(), "53102700");
        assert_eq!(tax_words::written(&details.taxes), "IVA 16%");
        assert_eq!(candidate.price.unwrap().millionths(), 1_185_500_000);
        assert_eq!(details.custom_fields["marca"], "Nájera");
        assert_eq!(details.custom_fields.len(), 1, "{:?}", details.custom_fields);
    }

    #[test]
    fn what_cannot_be_read_is_kept_and_what_is_no_product_is_refused() {
        for (header, cell, field) in [
            ("unidad", "montón", "unit_code_original"),
            ("clave sat", "123", "sat_product_key_original"),
            ("iva", "17%", "taxes_original"),
            ("precio", "consultar", "unit_price_original"),
            ("precio", "USD 10", "unit_price_original"),
            ("imagen", "foto1", "images_original"),
            ("inventariable", "quizá", "tracks_stock_original"),
        ] {
            let candidate = read(&format!("sku,producto,{header}"), &format!("A,Algo,{cell}")).unwrap();
            assert_eq!(candidate.details.custom_fields[field], cell, "{header}");
        }
        for (row, words) in [
            (",Algo,", "no tiene SKU"),
            ("A,,", "no tiene nombre"),
            ("A,Algo,paquete", "no se puede importar"),
            ("A,Algo,lote", "no se puede importar"),
        ] {
            let reason = read("sku,producto,tipo", row).unwrap_err();
            assert!(reason.es.contains(words), "{row}: {}", reason.es);
        }
        assert_eq!(read("sku,producto,tipo", "A,Algo,Servicio").unwrap().kind, ProductKind::Service);
    }
}
