//! How people call the fields of a product.

use crate::platform::sheets::mapping::{Meaning, Take, Vocabulary, words};

/// The fields of a product, and the names of columns that feed them.
pub static PRODUCT: Vocabulary = Vocabulary {
    fields: &[
        ("sku", Take::Line),
        ("kind", Take::Line),
        ("name", Take::Line),
        ("description", Take::Lines),
        ("sat_product_key", Take::Line),
        ("unit_code", Take::Line),
        ("taxes", Take::Lines),
        ("images", Take::Lines),
        ("tracks_stock", Take::Line),
        ("allows_backorder", Take::Line),
        ("unit_price", Take::Line),
    ],
    names: NAMES,
    title: "name",
    person: None,
    needed: &["sku", "name"],
};

/// Normalised names and what they mean.
#[rustfmt::skip]
const NAMES: &[(&[&str], Meaning)] = &[
    (&["sku", "clave", "codigo", "cod", "clave interna", "codigo interno", "clave del producto", "clave de producto",
       "clave producto", "codigo del producto", "codigo de producto", "codigo producto", "no de parte",
       "numero de parte", "part number", "code", "product code", "item code", "item number", "referencia",
       "referencia interna", "internal reference", "modelo", "no de articulo", "id producto", "codigo do produto"],
     Meaning::Field("sku")),
    (&["producto", "productos", "nombre del producto", "nombre de producto", "nombre producto", "articulo", "servicio",
       "producto o servicio", "concepto", "product", "product name", "item", "item name", "service", "title", "titulo",
       "produto", "nome do produto"],
     Meaning::Field("name")),
    (words::BARE_NAME, Meaning::BareName),
    (&["descripcion", "descripcion del producto", "descripcion larga", "detalle", "detalles", "especificaciones",
       "sales description", "long description", "details", "descricao"],
     Meaning::Field("description")),
    (&["tipo", "tipo de producto", "product type", "type"], Meaning::Field("kind")),
    (&["clave sat", "clave prodserv", "claveprodserv", "c claveprodserv", "clave prod serv", "clave producto sat",
       "clave de producto sat", "clave producto servicio", "clave de producto o servicio", "codigo sat", "sat",
       "clave del sat"],
     Meaning::Field("sat_product_key")),
    (&["unidad", "unidad de medida", "unidades", "clave unidad", "claveunidad", "c claveunidad", "clave unidad sat",
       "clave de unidad", "clave de unidad sat", "unidad sat", "um", "u m", "u de m", "unit", "unit of measure", "uom",
       "unidade"],
     Meaning::Field("unit_code")),
    (&["impuestos", "impuesto", "iva", "tasa de iva", "tasa iva", "porcentaje de iva", "taxes", "tax", "tax rate",
       "customer taxes", "imposto"],
     Meaning::Field("taxes")),
    (&["imagen", "imagenes", "foto", "fotos", "url de imagen", "image", "image url", "photo"], Meaning::Field("images")),
    (&["inventariable", "controla inventario", "maneja inventario", "track inventory", "tracks inventory"],
     Meaning::Field("tracks_stock")),
    (&["precio", "precio unitario", "precio de venta", "precio venta", "precio de lista", "precio lista",
       "precio publico", "precio al publico", "precio sin iva", "precio antes de iva", "price", "list price",
       "sales price", "sale price", "preco", "preco unitario"],
     Meaning::Field("unit_price")),
    (words::EXTERNAL_ID, Meaning::ExternalId),
];
