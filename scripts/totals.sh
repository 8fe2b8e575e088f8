#!/usr/bin/env bash
# Has satcfdi, an independent program for Mexican invoices, compute the documents in FILE again and compares to the cent:
# scripts/totals.sh FILE
#
# FILE has one JSON object a line: lines with quantity, unit_price, discount and taxes, and our totals. The lines are whole
# cents and a document has one set of taxes, because satcfdi rounds each line. Its taxes of several lines may so be a cent off
# the exact sum, which is what we compare with there; those of one line must be the same, but on a tie between two cents.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly FILE=$(realpath "${1:?name the file of documents}")
readonly TOOLS="${CARGO_TARGET_DIR:-target}/totals"
readonly LIBRARY=satcfdi==26.10.1

[ -d "$TOOLS/bin" ] || scripts/venv.sh "$TOOLS" "$LIBRARY" >&2

"$TOOLS/bin/python" - "$FILE" <<'PYTHON'
import json
import sys
from decimal import ROUND_HALF_UP, Decimal as D
from satcfdi.create.cfd import cfdi40

TAXES = {"isr": "001", "iva": "002", "ieps": "003"}
emisor = cfdi40.Emisor(rfc="EKU9003173C9", nombre="ESCUELA KEMPER URGATE", regimen_fiscal="601")
receptor = cfdi40.Receptor(rfc="XAXX010101000", nombre="X", domicilio_fiscal_receptor="06000",
                           regimen_fiscal_receptor="616", uso_cfdi="S01")

def tax_of(tax):
    kind = cfdi40.Traslado if tax["kind"] == "transferred" else cfdi40.Retencion
    factor = {"rate": "Tasa", "exempt": "Exento"}[tax["factor"]]
    rate = None if tax["rate"] is None else D(tax["rate"])
    return kind(impuesto=TAXES[tax["tax"]], tipo_factor=factor, tasa_o_cuota=rate)

def concept_of(line):
    kinds = {"transferred": [], "withheld": []}
    for tax in line["taxes"]:
        kinds[tax["kind"]].append(tax_of(tax))
    impuestos = cfdi40.Impuestos(traslados=kinds["transferred"] or None, retenciones=kinds["withheld"] or None)
    return cfdi40.Concepto(
        clave_prod_serv="01010101", cantidad=D(line["quantity"]), clave_unidad="H87", descripcion="x",
        valor_unitario=D(line["unit_price"]), descuento=D(line["discount"]) or None,
        impuestos=impuestos if line["taxes"] else None)

documents = same = 0
for text in open(sys.argv[1], encoding="utf-8"):
    document = json.loads(text)
    invoice = cfdi40.Comprobante(emisor=emisor, receptor=receptor, lugar_expedicion="06000",
                                 conceptos=[concept_of(line) for line in document["lines"]])
    impuestos = invoice["Impuestos"] or {}
    theirs = {
        "subtotal": invoice["SubTotal"], "discount": invoice["Descuento"] or D(0),
        "transferred": impuestos.get("TotalImpuestosTrasladados") or D(0),
        "withheld": impuestos.get("TotalImpuestosRetenidos") or D(0), "total": invoice["Total"],
    }
    ours = {name: D(document["totals"][name]["amount"]) for name in theirs}
    net = sum(D(line["quantity"]) * D(line["unit_price"]) - D(line["discount"]) for line in document["lines"])
    exact = {"transferred": D(0), "withheld": D(0)}
    ties = 0
    for tax in document["lines"][0]["taxes"]:
        amount = net * D(tax["rate"] or 0)
        ties += amount * 1000 % 10 == 5
        exact[tax["kind"]] += amount.quantize(D("0.01"), ROUND_HALF_UP)
    cents = ties if len(document["lines"]) == 1 else len(document["lines"][0]["taxes"])
    for name in theirs:
        allowed = D("0.01") * (0 if name in ("subtotal", "discount") else cents)
        if abs(theirs[name] - ours[name]) > allowed or exact.get(name, ours[name]) != ours[name]:
            sys.exit(f"{name}: satcfdi says {theirs[name]}, exactly it is {exact.get(name)}\n{text}")
    documents += 1
    same += theirs == ours
print(f"{documents} documents agree with PyPI satcfdi, {same} in every figure, the others but for a cent of its rounding by line")
PYTHON
