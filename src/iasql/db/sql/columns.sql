-- What a declaration says of a column beyond its type: that it follows the row referred to, that it never changes, or
-- which rows it goes with.

-- from now on a column says what a column of the row referred to says: a membership is where its holder is
create or replace function iasql.follow_column(
  rel regclass, col text, reference text, target regclass, target_key text, source text
) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  execute format('create or replace trigger %I before insert or update on %s for each row execute function iasql.take_over(%L, %L, %L, %L, %L)',
    'iasql_follow_' || col, rel, col, reference, target, target_key, source);
end $$;

create or replace function iasql.take_over() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  told jsonb;
begin
  execute format('select jsonb_build_object(%L, t.%I) from %s t where t.%I = ($1).%I',
    tg_argv[0], tg_argv[4], tg_argv[2], tg_argv[3], tg_argv[1]) into told using new;
  return jsonb_populate_record(new, jsonb_strip_nulls(coalesce(told, '{}')));
end $$;

-- from now on these columns keep their values, in the rows that are meant
create or replace function iasql.fix_columns(rel regclass, columns text[], guard text, what text, hint text, only_where text default 'true')
  returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  execute format('create or replace trigger %I before update on %s for each row when ((%s) and (%s)) execute function iasql.refuse_fixed(%L, %L, %L)',
    guard, rel, only_where, (select string_agg(format('old.%1$I is distinct from new.%1$I', c), ' or ') from unnest(columns) c),
    what, hint, columns);
end $$;

create or replace function iasql.refuse_fixed() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception '% cannot be modified', tg_argv[0]
    using detail = (select string_agg(format('%s is %s', c, coalesce(to_jsonb(old)->>c, 'null')), ', ') from unnest(tg_argv[2]::text[]) c),
          hint = tg_argv[1], table = tg_table_name;
end $$;

-- what a module's trigger does with a user's row that the rows it names do not go with. On a way back they may not yet
-- be again what they were, and what is written was checked when it was written first
create or replace function iasql.refuse_misfit() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if iasql.leads_back() then
    return new;
  end if;
  raise exception '%', format(tg_argv[1], to_jsonb(new)->>tg_argv[0])
    using errcode = '23514', detail = format('The row says %s = %s.', tg_argv[0], to_jsonb(new)->>tg_argv[0]), hint = tg_argv[2],
          table = tg_table_name, column = tg_argv[0];
end $$;
