DROP FUNCTION platform.viewer_of(name), platform.seen_by_owner(regclass, name),
    platform.seen_by_maker(regclass, name), platform.seen_with(regclass, regclass, name, name),
    platform.seen_with_any(regclass, regclass[], name[]), platform.seen_file(regclass);
