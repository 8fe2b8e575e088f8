//! From the texts of a row to a customer that could be created.

use crate::crm::contract::CustomerKind;
use crate::crm::customers::domain::{Address, Details, Form};
use crate::kernel::{
    Country, Currency, EmailAddress, FiscalRegime, Invalid, Line, Locale, Message, Phone, Prose, TaxId,
    WebUrl, text,
};
use crate::platform::sheets::Kept;
use crate::platform::sheets::mapping::RowDraft;
use crate::platform::transfers::{Name, RowContext, first_reason};

/// A customer that could be created.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// What is known of it.
    pub details: Details,
    /// Whether its name is one.
    pub name: Name,
    /// Whom to speak to.
    pub contact: Option<Line<255>>,
    /// Whose it is, if the file says so.
    pub owner: Option<EmailAddress>,
}

/// Reads a row, or says why it is no customer. It needs a name, or something that stands in for it; any other text that
/// cannot be read is kept among the custom fields.
pub fn read_row(mut draft: RowDraft, context: &RowContext) -> Result<Candidate, Message> {
    let mut kept = Kept::new(&draft);
    let email = kept.pick(&draft.email(), "email", EmailAddress::as_str);
    let phone = kept.pick(&draft.phone(context.country), "phone", Phone::as_str);
    let contact = kept.value("contact_name", draft.take("contact_name"), Line::parse);
    let legal_name = kept.text("legal_name", draft.take("legal_name"), Line::<255>::parse);
    let name = if draft.text("trade_name").is_some() { Name::Given } else { Name::Borrowed };
    let trade_name = draft.take("trade_name").or_else(|| legal_name.clone());
    let trade_name = trade_name.or_else(|| contact.as_ref().map(ToString::to_string));
    let Some(trade_name) = trade_name.or_else(|| email.clone()).or_else(|| phone.clone()) else {
        return Err(nameless());
    };
    let country = kept.value("tax_country", draft.take("tax_country"), country).unwrap_or(context.country);
    let tax_id = kept.value("tax_id", draft.take("tax_id"), |text| TaxId::parse(text, country));
    let fiscal_regime =
        kept.value("fiscal_regime", draft.take("fiscal_regime"), |text| regime(text, tax_id.as_ref()));
    let kind = kept.value("kind", draft.take("kind"), kind);
    let fiscal_address = address(&mut kept, &mut draft, "fiscal_", context.country);
    let address = address(&mut kept, &mut draft, "", context.country);
    let website = kept.text("website", draft.take("website"), WebUrl::parse_lenient);
    let language = kept.value("language", draft.take("language"), Locale::parse);
    let currency = kept.value("currency", draft.take("currency"), Currency::parse);
    let owner = kept.value("owner_email", draft.take("owner_email"), EmailAddress::parse);
    let tags = kept.tags(draft.all("tags"));
    let notes = kept.text("notes", draft.take("notes"), Prose::<10_000>::parse);
    kept.read_fields(&context.fields);
    let form = Form {
        kind,
        trade_name,
        legal_name,
        tax_id: tax_id.map(|tax_id| (Some(tax_id.country()), tax_id.to_string())),
        fiscal_regime,
        fiscal_address,
        address,
        email,
        phone,
        website,
        language,
        currency,
        tags,
        notes,
        custom_fields: kept.into_values(),
    };
    let details = form.parse(context.country).map_err(|problem| first_reason(&problem))?;
    Ok(Candidate { details, name, contact, owner })
}

/// The parts of an address in fields with `prefix`.
fn address(kept: &mut Kept, draft: &mut RowDraft, prefix: &str, usual: Country) -> Option<Address> {
    let mut line = |part: &str, max: usize| {
        let field = format!("{prefix}{part}");
        let text = draft.take(&field);
        kept.text(&field, text, |text| {
            if max > 100 {
                Line::<255>::parse(text).map(|_| ())
            } else {
                Line::<100>::parse(text).map(|_| ())
            }
        })
    };
    let (street, neighborhood) = (line("street", 255), line("neighborhood", 100));
    let (city, state) = (line("city", 100), line("state", 100));
    let field = format!("{prefix}country");
    let own = kept.value(&field, draft.take(&field), country);
    let field = format!("{prefix}postal_code");
    let in_country = own.unwrap_or(usual);
    let postal_code = kept.value(&field, draft.take(&field), |text| postal_code(text, in_country));
    let parts = [&street, &neighborhood, &city, &state, &postal_code];
    let is_said = parts.iter().any(|part| part.is_some());
    is_said.then_some(Address { street, neighborhood, city, state, postal_code, country: own })
}

/// A postal code; spreadsheets take the zero before one of Mexico away.
fn postal_code(text: &str, country: Country) -> Result<String, Invalid> {
    let code = Line::<12>::parse(text)?.to_string();
    if country != Country::MEXICO {
        return Ok(code);
    }
    let is_number = (3..=5).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { Ok(format!("{code:0>5}")) } else { Err(odd()) }
}

/// A country by its code, or by its name in Spanish or English where customers usually are.
fn country(text: &str) -> Result<Country, Invalid> {
    const NAMES: [(&str, &str); 14] = [
        ("mexico", "MX"),
        ("estados unidos", "US"),
        ("united states", "US"),
        ("usa", "US"),
        ("guatemala", "GT"),
        ("el salvador", "SV"),
        ("honduras", "HN"),
        ("costa rica", "CR"),
        ("colombia", "CO"),
        ("peru", "PE"),
        ("chile", "CL"),
        ("argentina", "AR"),
        ("brasil", "BR"),
        ("espana", "ES"),
    ];
    let folded = text::fold(text);
    let code = NAMES.iter().find(|(name, _)| *name == folded).map_or(text.trim(), |(_, code)| code);
    Country::parse(code)
}

fn regime(text: &str, tax_id: Option<&TaxId>) -> Result<FiscalRegime, Invalid> {
    // `601 - General de Ley Personas Morales` is its key.
    let key: String = text.trim().chars().take_while(char::is_ascii_digit).collect();
    let regime = FiscalRegime::parse(&key)?;
    match tax_id {
        Some(tax_id) if tax_id.country() == Country::MEXICO => regime.check(tax_id).map(|()| regime),
        _ => Err(odd()),
    }
}

fn kind(text: &str) -> Result<CustomerKind, Invalid> {
    match text::fold(text).as_str() {
        "company" | "empresa" | "moral" | "persona moral" | "compania" | "organizacion" => {
            Ok(CustomerKind::Company)
        }
        "person" | "persona" | "fisica" | "persona fisica" | "individual" | "particular" => {
            Ok(CustomerKind::Person)
        }
        _ => Err(odd()),
    }
}

fn odd() -> Invalid {
    Invalid::new("cannot be read", "no se puede leer")
}

fn nameless() -> Message {
    Message::new(
        "The row has no name, and no e-mail or phone that could stand in for it.",
        "La fila no tiene nombre, ni correo o teléfono que lo sustituya.",
    )
}

#[cfg(test)]
mod tests {
    use super::{Candidate, read_row};
    use crate::crm::contract::CustomerKind;
    use crate::crm::customers::imports::vocabulary::CUSTOMER;
    use crate::kernel::{Country, Currency, FieldSet, Message, TimeZone};
    use crate::platform::sheets::decode::Sheet;
    use crate::platform::sheets::mapping::Mapping;
    use crate::platform::transfers::{Name, RowContext, Settings};

    fn read(header: &str, row: &str) -> Result<Candidate, Message> {
        let sheet = Sheet::open(format!("{header}\n{row}\n").into_bytes()).unwrap();
        let draft = Mapping::guess(&CUSTOMER, sheet.headers()).apply(&sheet.rows().next().unwrap().unwrap());
        let context = RowContext {
            settings: Settings::default(),
            country: Country::MEXICO,
            currency: Currency::MXN,
            zone: TimeZone::MEXICO_CITY,
            fields: FieldSet::default(),
        };
        read_row(draft, &context)
    }

    #[test]
    fn customers_of_mexican_books_are_read() {
        let header = "Cliente,Razón social,RFC,Régimen fiscal,C.P. fiscal,Calle,Municipio,Estado,CP,Contacto,Correo,Tel,Tipo de persona";
        let row = "Nájera,Confecciones Nájera SA de CV,EKU9003173C9,601 - General de Ley,6000,5 de Mayo 12,Juchitán,Oaxaca,70000,Inés,i@a.mx,9711609009,Moral";
        let candidate = read(header, row).unwrap();
        let details = &candidate.details;
        assert_eq!((details.trade_name.as_str(), candidate.name), ("Nájera", Name::Given));
        assert_eq!(details.legal_name.as_ref().unwrap().as_str(), "Confecciones Nájera SA de CV");
        assert_eq!(details.tax_id.as_ref().unwrap().as_str(), "EKU9003173C9");
        assert_eq!(details.fiscal_regime.unwrap().as_str(), "601");
        assert_eq!(details.fiscal_address.as_ref().unwrap().postal_code.as_deref(), Some("06000"));
        assert_eq!(details.address.as_ref().unwrap().city.as_deref(), Some("Juchitán"));
        assert_eq!(details.kind, CustomerKind::Company);
        assert_eq!(candidate.contact.unwrap().as_str(), "Inés");
        assert!(details.custom_fields.is_empty(), "{:?}", details.custom_fields);
    }

    #[test]
    fn what_cannot_be_read_is_kept_and_what_has_no_name_is_refused() {
        for (header, cell, field) in [
            ("rfc", "pendiente", "tax_id_original"),
            ("regimen fiscal", "601", "fiscal_regime_original"),
            ("cp", "centro", "postal_code_original"),
            ("pais", "Utopía", "country_original"),
            ("moneda", "conchas", "currency_original"),
            ("correo", "no tengo", "email_original"),
        ] {
            let candidate = read(&format!("cliente,{header}"), &format!("Nájera,{cell}")).unwrap();
            assert_eq!(candidate.details.custom_fields[field], cell, "{header}");
        }
        for (row, name, kind) in [
            (",Nájera SA,,", "Nájera SA", Name::Borrowed),
            (",,Inés,", "Inés", Name::Borrowed),
            (",,,i@a.mx", "i@a.mx", Name::Borrowed),
        ] {
            let candidate = read("empresa,razon social,contacto,correo", row).unwrap();
            assert_eq!((candidate.details.trade_name.as_str(), candidate.name), (name, kind), "{row}");
        }
        assert!(read("empresa,rfc", ",EKU9003173C9").unwrap_err().es.contains("no tiene nombre"));
    }
}
