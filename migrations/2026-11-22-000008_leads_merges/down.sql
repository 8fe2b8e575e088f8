DROP TABLE leads.merges;
DROP TABLE leads.likenesses;
