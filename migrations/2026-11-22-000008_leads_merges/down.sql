DROP TABLE leads.merges;
DROP FUNCTION leads.note_likenesses(uuid, uuid, smallint[], text[]);
DROP TABLE leads.likenesses;
