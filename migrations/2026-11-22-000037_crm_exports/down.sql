DROP FUNCTION crm.exports_to_run(uuid, timestamptz);
DROP TABLE crm.export_pieces;
DROP TABLE crm.exports;
