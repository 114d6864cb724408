-- Changes as statements in an order that works. What waits for nothing goes first, and sets free what waited for it; the
-- changes are numbered and counted in arrays, so that the time grows with them and with what links them, no faster.

-- the changes by number, and what waits for what: the links that leave number i are out_to[out_from[i]] and on, those
-- that reach it in_of[in_from[i]] and on; soft ones are references that can be set afterwards, in_col says which
create or replace function iasql.linked(
  changes jsonb, out names text[], out out_from integer[], out out_to integer[], out out_soft boolean[],
  out in_from integer[], out in_of integer[], out in_col text[]
) language plpgsql stable set search_path = pg_catalog, pg_temp set jit = off as $$
begin
  names := array(select e.key from jsonb_each(changes) e order by e.value->>'tab', (e.value->>'last')::bigint);
  with numbered as materialized (
    select u.id, u.n::integer n from unnest(names) with ordinality u (id, n)
  ), links as materialized (
    select a.n earlier, b.n later, p.col from iasql.precedence(changes) p join numbered a on a.id = p.earlier join numbered b on b.id = p.later
  ), leaving as (
    select n.n, count(l.later) count from numbered n left join links l on l.earlier = n.n group by 1
  ), reaching as (
    select n.n, count(l.earlier) count from numbered n left join links l on l.later = n.n group by 1
  )
  select array(select l.later from links l order by l.earlier, l.later, l.col), array(select l.col is not null from links l order by l.earlier, l.later, l.col),
    array(select l.earlier from links l order by l.later, l.earlier, l.col), array(select l.col from links l order by l.later, l.earlier, l.col),
    array(select (1 + coalesce(sum(x.count) over (order by x.n rows between unbounded preceding and 1 preceding), 0))::integer
      from (select * from leaving union all select cardinality(names) + 1, 0) x order by x.n),
    array(select (1 + coalesce(sum(x.count) over (order by x.n rows between unbounded preceding and 1 preceding), 0))::integer
      from (select * from reaching union all select cardinality(names) + 1, 0) x order by x.n)
    into out_to, out_soft, in_of, in_col, out_from, in_from;
end $$;

-- another name for a row that is to be renamed, so that the one that it has is free: the column and the value, or null
create or replace function iasql.passing_name(change jsonb, number integer) returns jsonb language plpgsql stable
  set search_path = pg_catalog, pg_temp as $$
declare
  w iasql.watched;
  col text;
begin
  select * into strict w from iasql.watched x where x.table_name = change->>'tab';
  select a.attname into col from unnest(iasql.naming_columns(w, change->'before')) c join pg_attribute a
    on a.attrelid = w.rel and a.attname = c and a.atttypid in ('text'::regtype, 'varchar'::regtype)
    where (change->'set') ? c limit 1;
  return case when col is not null then jsonb_build_object(col, format('%s~%s', change->'before'->>col, number)) end;
end $$;

-- statements in an order that works. Where changes wait for each other in a circle, a reference is set afterwards, and
-- names pass through others
create or replace function iasql.statements(ids bigint[], upto bigint) returns setof text language plpgsql stable
  security definer set search_path = pg_catalog, pg_temp set jit = off as $$
declare
  -- high-level rows follow from low-level ones, also where the statements run again
  changes constant jsonb := iasql.net_changes(array(select l.id from public.iasql_audit_log l where l.id = any (ids)
    and not exists (select from iasql.rebuild r where r.table_name = l.table_name) order by l.id));
  names text[];
  out_from integer[]; out_to integer[]; out_soft boolean[];
  in_from integer[]; in_of integer[]; in_col text[];
  total integer;
  kinds text[]; renames boolean[];
  blocked integer[]; hard integer[];          -- links that reach a change and still count; those of them that are not soft
  done boolean[]; freed boolean[];            -- told; its name is free already
  aliases jsonb[];                            -- the names that rows have for the moment
  first integer[] := '{}'; first_at integer := 1;   -- ready, and renaming: others may be named by the new names
  ready integer[] := '{}'; ready_at integer := 1;
  soft integer[] := '{}'; soft_at integer := 1;     -- new rows whose references could wait
  turns integer[]; update_at integer := 1;          -- who gives way in a circle: by key, whenever it was written
  told integer := 0;
  i integer; j integer; k integer;
  without text[];
  afterwards text[] := '{}';
begin
  select * into names, out_from, out_to, out_soft, in_from, in_of, in_col from iasql.linked(changes);
  total := cardinality(names);
  kinds := array(select changes->u.x->>'kind' from unnest(names) with ordinality u (x, n) order by u.n);
  renames := array(select coalesce((changes->u.x->>'renames')::boolean, false) from unnest(names) with ordinality u (x, n) order by u.n);
  turns := array(select u.n::integer from unnest(names) with ordinality u (x, n) order by u.x);
  done := array_fill(false, array[total]); freed := array_fill(false, array[total]); aliases := array_fill('{}'::jsonb, array[total]);
  blocked := array_fill(0, array[total]); hard := array_fill(0, array[total]);
  for i in 1..total loop
    blocked[i] := in_from[i + 1] - in_from[i];
    for k in in_from[i]..in_from[i + 1] - 1 loop
      hard[i] := hard[i] + (in_col[k] is null)::integer;
    end loop;
    if blocked[i] = 0 and renames[i] then
      first := first || i;
    elsif blocked[i] = 0 then
      ready := ready || i;
    elsif hard[i] = 0 and kinds[i] = 'insert' then
      soft := soft || i;
    end if;
  end loop;
  while told < total loop
    without := null;
    if first_at <= cardinality(first) then
      i := first[first_at]; first_at := first_at + 1;
      continue when done[i];
    elsif ready_at <= cardinality(ready) then
      if ready_at = 1 then   -- by table and age, as far as nothing else orders them
        ready := array(select x from unnest(ready) x order by x);
      end if;
      i := ready[ready_at]; ready_at := ready_at + 1;
      continue when done[i];
    elsif soft_at <= cardinality(soft) then
      i := soft[soft_at]; soft_at := soft_at + 1;
      continue when done[i];
      without := array(select distinct in_col[x] from generate_series(in_from[i], in_from[i + 1] - 1) x
        where not done[in_of[x]] and not freed[in_of[x]]);
    else
      while update_at <= total and (done[turns[update_at]] or kinds[turns[update_at]] <> 'update') loop
        update_at := update_at + 1;
      end loop;
      if update_at > total then
        raise exception 'the changes of % cannot be put in an order that works', array(select names[x] from generate_series(1, total) x where not done[x])
          using errcode = 'object_not_in_prerequisite_state';
      end if;
      i := turns[update_at]; update_at := update_at + 1;
      aliases[i] := coalesce(iasql.passing_name(changes->names[i], total - told), '{}');
      continue when aliases[i] = '{}';
      freed[i] := true;
      return next (select format('update %s set %I = %L where %s', w.rel, c.key, c.value, iasql.row_told(w, changes->names[i]->'before', changes, upto))
        from iasql.watched w, jsonb_each_text(aliases[i]) c where w.table_name = changes->names[i]->>'tab');
    end if;
    if not freed[i] or blocked[i] = 0 then
      done[i] := true;
      told := told + 1;
      return next iasql.statement_of(changes->names[i], changes, upto, coalesce(without, '{}'), aliases[i]);
      if without is not null then
        afterwards := afterwards || iasql.statement_of((changes->names[i]) || jsonb_build_object('kind', 'update', 'set', without,
          'before', changes->names[i]->'after'), changes, upto);
      end if;
    end if;
    -- whoever waited for it need not any more; what gave its name away did so once
    continue when freed[i] and done[i];
    for k in out_from[i]..out_from[i + 1] - 1 loop
      j := out_to[k];
      blocked[j] := blocked[j] - 1;
      if not out_soft[k] then
        hard[j] := hard[j] - 1;
      end if;
      if blocked[j] = 0 and renames[j] then
        first := first || j;
      elsif blocked[j] = 0 then
        ready := ready || j;
      elsif hard[j] = 0 and not out_soft[k] and kinds[j] = 'insert' then
        soft := soft || j;
      end if;
    end loop;
  end loop;
  return query select unnest(afterwards);
end $$;
