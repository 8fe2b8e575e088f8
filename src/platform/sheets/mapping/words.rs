//! What columns of spreadsheets are called, in Spanish, English and Portuguese, whatever the record.
//!
//! Sources: the exports of `HubSpot` and Odoo in their Spanish and English editions, the DENUE of INEGI, and what people
//! write by hand. Names are normalised: without accents, case and punctuation.

/// A company's name as it trades.
#[rustfmt::skip]
pub const COMPANY: &[&str] = &[
    "empresa", "nombre comercial", "nombre de la empresa", "nombre empresa", "nom estab", "negocio",
    "nombre del negocio", "nombre de negocio", "establecimiento", "nombre del establecimiento", "compania",
    "nombre de la compania", "organizacion", "cuenta", "nombre de la cuenta", "empresa asociada", "comercio",
    "company", "company name", "account", "account name", "organization", "organisation", "business",
    "business name", "associated company", "partner name", "related company", "nome da empresa",
    "nome fantasia", "companhia", "organizacao", "nombre fantasia", "nombre de fantasia",
];
/// Whoever buys or might, by whatever name.
#[rustfmt::skip]
pub const CLIENT: &[&str] = &[
    "cliente", "nombre del cliente", "nombre cliente", "nombre de cliente", "client", "client name",
    "customer", "customer name", "prospecto", "nombre del prospecto", "lead", "lead name", "nome do cliente",
];
/// A company's name in its papers.
#[rustfmt::skip]
pub const LEGAL_NAME: &[&str] = &[
    "razon social", "raz social", "razao social", "denominacion", "denominacion social",
    "denominacion o razon social", "nombre o razon social", "nombre legal", "legal name",
];
/// A name, of whatever.
#[rustfmt::skip]
pub const BARE_NAME: &[&str] = &[
    "nombre", "name", "nome", "display name", "nombre para mostrar",
];
/// A person's given names.
#[rustfmt::skip]
pub const GIVEN_NAME: &[&str] = &[
    "nombres", "nombre s", "primer nombre", "nombre de pila", "first name", "firstname", "given name",
    "primeiro nome",
];
/// A person's surnames.
#[rustfmt::skip]
pub const SURNAME: &[&str] = &[
    "apellido", "apellidos", "apellido s", "apellido paterno", "apellido materno", "primer apellido",
    "segundo apellido", "last name", "lastname", "surname", "family name", "sobrenome", "ultimo nome",
];
/// A person to speak to.
#[rustfmt::skip]
pub const CONTACT: &[&str] = &[
    "contacto", "nombre del contacto", "nombre de contacto", "nombre contacto", "persona de contacto",
    "contacto principal", "nombre completo", "nombre y apellido", "nombre y apellidos", "encargado",
    "nombre del encargado", "atencion", "atencion a", "representante", "representante legal", "dueno",
    "contact", "contact name", "full name", "contact person", "primary contact", "contato", "nome do contato",
    "nome completo", "pessoa de contato",
];
/// E-mail addresses.
#[rustfmt::skip]
pub const EMAIL: &[&str] = &[
    "email", "e mail", "mail", "correo", "correo e", "correo electronico", "correoelec",
    "correo electronico principal", "direccion de correo", "direccion de correo electronico",
    "email de contacto", "correo de contacto", "correo electronico de contacto", "email principal",
    "email personal", "email empresa", "correo empresa", "otro correo", "correo alterno", "correo alternativo",
    "email address", "e mail address", "email from", "work email", "business email", "contact email",
    "primary email", "secondary email", "company email", "additional email addresses", "endereco de email",
    "endereco de e mail", "email do contato", "e mail do contato",
];
/// Phones.
#[rustfmt::skip]
pub const PHONE: &[&str] = &[
    "telefono", "telefonos", "tel", "tels", "celular", "cel", "movil", "whatsapp", "wa", "fijo",
    "numero de telefono", "no de telefono", "num telefono", "num de telefono", "n de telefono",
    "numero telefonico", "telefono celular", "telefono movil", "telefono fijo", "telefono oficina",
    "telefono de oficina", "telefono de la oficina", "telefono de contacto", "telefono contacto",
    "telefono principal", "telefono alterno", "telefono empresa", "telefono de la empresa", "tel celular",
    "tel cel", "tel fijo", "tel oficina", "tel de contacto", "numero de celular", "no de celular",
    "numero celular", "numero de telefono movil", "numero de movil", "numero de whatsapp", "telefono whatsapp",
    "whatsapp phone number", "phone", "phones", "phone number", "telephone", "mobile", "mobile phone",
    "mobile number", "mobile phone number", "cell", "cell phone", "work phone", "office phone",
    "business phone", "home phone", "contact phone", "company phone", "primary phone", "telefone", "telefones",
    "telemovel", "fone", "numero de telefone", "telefone celular", "telefone fixo",
];
/// Web sites.
#[rustfmt::skip]
pub const WEBSITE: &[&str] = &[
    "www", "web", "sitio", "sitio web", "pagina", "pagina web", "pagina de internet", "sitio de internet",
    "url", "url del sitio web", "nombre de dominio", "nombre de dominio de la empresa", "dominio", "website",
    "web site", "website url", "web page", "homepage", "site", "company domain name", "company website",
    "domain", "pagina da web",
];
/// Labels.
#[rustfmt::skip]
pub const TAGS: &[&str] = &[
    "etiquetas", "etiqueta", "tags", "tag", "labels", "label", "marcadores",
];
/// Free text.
#[rustfmt::skip]
pub const NOTES: &[&str] = &[
    "notas", "nota", "comentarios", "comentario", "observaciones", "observacion", "descripcion", "mensaje",
    "notas internas", "comentarios adicionales", "notes", "note", "comments", "comment", "description",
    "message", "internal notes", "remarks", "observacoes", "observacao", "anotacoes", "comentario adicional",
    "mensagem",
];
/// Whose record it is.
#[rustfmt::skip]
pub const OWNER: &[&str] = &[
    "owner", "owner email", "lead owner", "contact owner", "company owner", "salesperson", "sales rep",
    "assigned to", "propietario del contacto", "propietario del lead", "propietario de la empresa",
    "propietario del registro", "vendedor", "correo del vendedor", "email del vendedor", "asesor",
    "asesor comercial", "ejecutivo", "ejecutivo de ventas", "comercial", "asignado a",
    "proprietario do contato", "proprietario do lead",
];
/// What another system calls the record.
#[rustfmt::skip]
pub const EXTERNAL_ID: &[&str] = &[
    "id", "record id", "id de registro", "external id", "id externo", "id do registro", "lead id",
    "contact id",
];
