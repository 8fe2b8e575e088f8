DROP FUNCTION leads.exports_to_run(uuid, timestamptz);
DROP TABLE leads.export_pieces;
DROP TABLE leads.exports;
