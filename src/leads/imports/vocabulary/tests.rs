//! Headers of real programs and hands, and rows of the real directory.

use super::LEAD;
use crate::kernel::{Country, WebUrl};
use crate::platform::sheets::decode::{Encoding, Position, Row, Sheet};
use crate::platform::sheets::mapping::{Mapping, RowDraft};
use crate::platform::sheets::values::employee_count;

fn fields(headers: &[&str]) -> Vec<String> {
    let headers: Vec<String> = headers.iter().map(|header| (*header).to_owned()).collect();
    Mapping::guess(&LEAD, &headers).columns().iter().map(|column| column.field.to_string()).collect()
}

fn draft(headers: &[&str], cells: &[&str]) -> RowDraft {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let next = Position { offset: 0, number: 3 };
    Mapping::guess(&LEAD, &owned(headers)).apply(&Row { number: 2, cells: owned(cells), next })
}

#[test]
fn headers_by_hand_are_understood() {
    for (header, field) in [
        ("Correo electrónico", "email"),
        ("CORREO ELECTRONICO", "email"),
        ("E-mail:", "email"),
        ("Correo electrónico 2", "email"),
        ("Teléfono", "phone"),
        ("TELÉFONO (a 10 dígitos)", "phone"),
        ("Tel.", "phone"),
        ("Celular", "phone"),
        ("No. de teléfono", "phone"),
        ("WhatsApp", "phone"),
        ("Empresa", "company_name"),
        ("Nombre comercial", "company_name"),
        ("Giro", "industry"),
        ("Giro/Actividad", "industry"),
        ("No. de empleados", "employee_count"),
        ("# Empleados", "employee_count"),
        ("Página web", "website"),
        ("Sitio Web", "website"),
        ("Facturación anual", "annual_revenue"),
        ("Fuente", "source"),
        ("¿Cómo nos conoció?", "source"),
        ("Estatus", "status"),
        ("Etiquetas", "tags"),
        ("Observaciones", "notes"),
        ("Vendedor", "owner_email"),
        ("Fecha de creación", "created_at"),
        ("utm_source", "utm_source"),
        ("UTM Campaña", "utm_campaign"),
        ("Telefone", "phone"),
        ("Razão social", "company_name"),
        ("Faturamento", "annual_revenue"),
        ("ID", "custom:external_id"),
        ("Estado", "custom:estado"),
        ("Código Postal", "custom:codigo_postal"),
        ("¿?", "custom:column_1"),
    ] {
        assert_eq!(fields(&[header]), [field], "{header}");
    }
}

#[test]
fn exports_of_hubspot_and_odoo_are_understood() {
    for (headers, expected) in [
        (
            "Record ID,First Name,Last Name,Email,Phone Number,Mobile Phone Number,Contact owner,Lead Status",
            "custom:external_id,contact_name,contact_name,email,phone,phone,owner_email,status",
        ),
        (
            "Create Date,Associated Company,Number of Employees,Website URL,Annual Revenue",
            "created_at,company_name,employee_count,website,annual_revenue",
        ),
        (
            "ID de registro,Nombre,Apellidos,Correo,Número de teléfono,Propietario del contacto,Nombre de la empresa",
            "custom:external_id,contact_name,contact_name,email,phone,owner_email,company_name",
        ),
        (
            "Nombre,Correo electrónico,Teléfono,Móvil,Ciudad,País,Comercial,Etiquetas",
            "company_name,email,phone,phone,custom:ciudad,custom:pais,owner_email,tags",
        ),
        (
            "Oportunidad,Nombre de la compañía,Contact Name,Email From,Etapa,Expected Revenue",
            "custom:oportunidad,company_name,contact_name,email,status,custom:expected_revenue",
        ),
    ] {
        let headers: Vec<&str> = headers.split(',').collect();
        assert_eq!(fields(&headers).join(","), expected);
    }
}

#[test]
fn the_company_has_one_column_and_the_person_the_rest() {
    for (headers, expected) in [
        (["Nombre", "Empresa"], ["contact_name", "company_name"]),
        (["Razón social", "Nombre comercial"], ["custom:razon_social", "company_name"]),
        (["Cliente", "Contacto"], ["company_name", "contact_name"]),
        (["Nombre", "Contacto"], ["company_name", "contact_name"]),
        (["Nombre", "Apellidos"], ["contact_name", "contact_name"]),
        (["Nombre completo", "Apellidos"], ["contact_name", "custom:apellidos"]),
        (["Razón social", "Razon Social"], ["company_name", "custom:razon_social"]),
        (["Giro", "Industria"], ["industry", "custom:industria"]),
        (["Ruta", "ruta"], ["custom:ruta", "custom:ruta_2"]),
    ] {
        assert_eq!(fields(&headers), expected, "{headers:?}");
    }
}

#[test]
fn choices_override_the_guess_and_mistakes_are_named() {
    let headers: Vec<String> = ["Empresa", "Estado", "Nota"].map(str::to_owned).to_vec();
    let choose = |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter().map(|(header, field)| ((*header).to_owned(), (*field).to_owned())).collect();
        Mapping::guess(&LEAD, &headers).with_overrides(&pairs)
    };
    let mapping =
        choose(&[("estado ", "status"), ("Nota", "custom:Nota Interna"), ("Empresa", "ignore")]).unwrap();
    let chosen: Vec<String> = mapping.columns().iter().map(|column| column.field.to_string()).collect();
    assert_eq!(chosen, ["ignore", "status", "custom:nota_interna"]);
    assert!(mapping.feeds_named("status") && !mapping.feeds_named("company_name"));
    let unknown_header = choose(&[("Correo", "email")]).unwrap_err();
    assert!(unknown_header.0.es.contains("\"Empresa\", \"Estado\", \"Nota\""), "{unknown_header}");
    let unknown_field = choose(&[("Nota", "nota")]).unwrap_err();
    assert!(
        unknown_field.0.en.contains("company_name") && unknown_field.0.en.contains("custom:name"),
        "{unknown_field}"
    );
    assert!(choose(&[("Nota", "custom: ¿?")]).is_err());
}

#[test]
fn a_row_becomes_a_draft_without_losing_texts() {
    let headers = [
        "Empresa",
        "Nombre",
        "Apellidos",
        "Correo",
        "Tel",
        "Celular",
        "Empleados",
        "Etiquetas",
        "Notas",
        "Observaciones",
        "Ruta",
        "Página web",
    ];
    let cells = [
        " ACME  S.A.\nde C.V. ",
        "Ana",
        "López",
        "Ana <ana@acme.mx>; ventas@acme.mx",
        "971 111 2233 / 971 222 3344",
        "n/a",
        "6 a 10 personas",
        "vip, Norte;vip",
        "Pidió\nprecio",
        "Urge",
        "7",
        "-",
    ];
    let draft = draft(&headers, &cells);
    assert_eq!(draft.text("company_name"), Some("ACME S.A. de C.V."));
    assert_eq!(draft.text("contact_name"), Some("Ana López"));
    assert_eq!(draft.all("tags"), ["vip", "Norte"]);
    assert_eq!(draft.text("notes"), Some("Pidió\nprecio\nUrge"));
    assert_eq!(draft.text("website"), None);
    assert_eq!(draft.text("employee_count"), Some("6 a 10 personas"));
    assert_eq!(draft.custom["empleados"], "6 a 10 personas");
    assert_eq!(draft.custom["ruta"], "7");
    let (email, phone) = (draft.email(), draft.phone(Country::MEXICO));
    assert_eq!(email.chosen.unwrap().as_str(), "ana@acme.mx");
    assert_eq!(email.others.len(), 1);
    assert_eq!(phone.chosen.unwrap().as_str(), "+529711112233");
    assert_eq!(phone.others[0].as_str(), "+529712223344");
}

#[test]
fn the_first_good_contact_counts_and_the_bad_ones_are_named() {
    let draft = draft(&["Correo", "Correo 2", "Tel"], &["no sé", "ana@acme.mx", "123"]);
    let (email, phone) = (draft.email(), draft.phone(Country::MEXICO));
    assert_eq!(email.chosen.unwrap().as_str(), "ana@acme.mx");
    assert_eq!(email.refused[0].0, "no sé");
    assert!(phone.chosen.is_none());
    assert_eq!(phone.refused[0].0, "123");
}

const DENUE_FIELDS: [&str; 14] = [
    "custom:external_id",
    "company_name",
    "custom:raz_social",
    "custom:codigo_act",
    "industry",
    "employee_count",
    "custom:cod_postal",
    "custom:entidad",
    "custom:municipio",
    "custom:localidad",
    "phone",
    "email",
    "website",
    "custom:fecha_alta",
];

/// What is in a file of the DENUE: rows, with a phone, phones that parse, with an e-mail, e-mails that parse, with a web
/// site, sites that parse, and rows with an e-mail or a phone that parses.
fn counts(bytes: Vec<u8>) -> [usize; 8] {
    let sheet = Sheet::open(bytes).unwrap();
    assert_eq!((sheet.encoding(), sheet.separator()), (Encoding::Windows1252, ','));
    let mapping = Mapping::guess(&LEAD, sheet.headers());
    let guessed: Vec<String> = mapping.columns().iter().map(|column| column.field.to_string()).collect();
    assert_eq!(guessed, DENUE_FIELDS);
    let mut counts = [0; 8];
    for row in sheet.rows() {
        let draft = mapping.apply(&row.unwrap());
        assert!(draft.text("company_name").is_some());
        assert!(employee_count(draft.text("employee_count").unwrap()).is_ok());
        let (email, phone) = (draft.email().chosen, draft.phone(Country::MEXICO).chosen);
        let site = draft.text("website").map(WebUrl::parse_lenient);
        let facts = [
            true,
            !draft.all("phone").is_empty(),
            phone.is_some(),
            !draft.all("email").is_empty(),
            email.is_some(),
            site.is_some(),
            site.is_some_and(|site| site.is_ok()),
            email.is_some() || phone.is_some(),
        ];
        for (count, fact) in counts.iter_mut().zip(facts) {
            *count += usize::from(fact);
        }
    }
    assert_eq!(u32::try_from(counts[0]), Ok(sheet.row_count()));
    counts
}

#[test]
fn an_excerpt_of_the_business_directory_is_read() {
    let bytes =
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/denue-excerpt-latin1.csv")).unwrap();
    let sheet = Sheet::open(bytes.clone()).unwrap();
    let mapping = Mapping::guess(&LEAD, sheet.headers());
    let third = mapping.apply(&sheet.rows().nth(2).unwrap().unwrap());
    assert_eq!((third.number, third.text("company_name")), (4, Some("DISEÑOS ARY")));
    assert_eq!(third.text("industry"), Some("Confección de prendas de vestir sobre medida"));
    assert_eq!(third.phone(Country::MEXICO).chosen.unwrap().as_str(), "+525517037908");
    assert_eq!(third.custom["municipio"], "Salina Cruz");
    assert_eq!(counts(bytes), [57, 36, 32, 17, 17, 7, 6, 38]);
}

#[test]
fn the_whole_business_directory_is_read() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/");
    let places = ["../shared/data/denue-istmo-latin1.csv", "../../shared/data/denue-istmo-latin1.csv"];
    let Some(bytes) = places.iter().find_map(|place| std::fs::read(format!("{root}{place}")).ok()) else {
        eprintln!("the whole file is not on this machine: only its excerpt was read");
        return;
    };
    assert_eq!(counts(bytes), [3_561, 1_105, 1_085, 229, 228, 64, 63, 1_208]);
}
