-- The channel: how a function call inside one autocommit statement reaches the engine and brings its answer back.
--
-- Nothing that a caller writes can be seen before its statement ends, but its locks can (pg_locks), and a function
-- owned by the engine's role may cancel that role's own sleeping backend. So:
--   alive  (726001, any)        the engine's waiter: session lock; counts only with the engine's role behind it
--   turn   (726002, t)          the waiter's: freed when it has read a window of turn t. The next one tells which
--                               (24 bits of its salt: a caller may have left, and another shown its own meanwhile)
--                               and what became of it: 0 more to come, 1 exclusive lane, 2 shared lane, 3 no sense
--   done   (726011|726012, g)   a lane's gate: callers wait at generation g until the lane has moved to the next
--   request                     one caller's 56-bit number: while it is held, somebody waits for the answer
--   window                      48 bits each of what a caller says: salt, header, then 6 bytes a lock
-- Locks of one number have 64-bit keys: 8 bits 90 (window) or 91 (request), a window's place in 8 bits, its 48 bits.
-- Anybody can take any advisory lock. So a window counts only from the process that holds iasql.channel_mutex, which
-- only this role may lock; gates count only with the engine's role behind them; numbers that somebody occupies are
-- skipped; and whoever queues at a gate before us delays us by a lock_timeout, no more.
-- window.sql shows what a caller says, call.sql waits for the answer, office.sql is the engine's half.

create or replace function iasql.is_engine(process integer) returns boolean
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
  return exists (
    select from pg_stat_get_activity(process) a
    where a.usesysid = (select r.oid from pg_roles r where r.rolname = current_user));
end $$;
comment on function iasql.is_engine is 'Whether this backend has logged in as the engine; for its own functions.';

create or replace function iasql.window_key(place integer, value bigint) returns bigint
language sql immutable parallel safe
return (90::bigint << 56) | (place::bigint << 48) | (value & 281474976710655);

create or replace function iasql.request_key(nonce bigint) returns bigint
language sql immutable parallel safe
return (91::bigint << 56) | nonce;
