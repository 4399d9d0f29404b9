"""What stands in the tables, as a reader in Datasette, or with SQL of one's own, wants to see it: four views.

Pure: the name of an engine in, the SQL that makes its views out, for the migrations to run. Times are UTC, and of
whatever has one, ``day`` is the date in the source's zone: what Japan publishes on the 11th has the 10th in UTC.
"""

from __future__ import annotations

from collections.abc import Iterator

# SQLite keeps times as text without an offset, and knows no zones: those of our sources are written out here.
_SUMMER = (
    "{time} >= datetime(substr({time}, 1, 4) || '-03-25 01:00:00', 'weekday 0')"
    " AND {time} < datetime(substr({time}, 1, 4) || '-10-25 01:00:00', 'weekday 0')"
)
_SQLITE_DAY = (
    "CASE {zone} WHEN 'Asia/Tokyo' THEN date({time}, '+9 hours')"
    f" WHEN 'Europe/Berlin' THEN date({{time}}, CASE WHEN {_SUMMER} THEN '+2 hours' ELSE '+1 hours' END)"
    " ELSE date({time}) END"
)
_POSTGRES_DAY = "CAST({time} AT TIME ZONE COALESCE(NULLIF({zone}, ''), 'UTC') AS date)"

_ANNOUNCEMENTS = """
SELECT
  announcement.id,
  {published} AS published,
  {published_day} AS day,
  announcement.title,
  announcement.source,
  announcement.organisation,
  announcement.language,
  announcement.url,
  announcement.summary,
  announcement.text,
  (SELECT {joined} FROM (SELECT topic FROM topic WHERE announcement = announcement.number ORDER BY topic) AS own)
    AS topics,
  (SELECT count(*) FROM attachment WHERE announcement = announcement.number) AS attachments,
  (SELECT count(*) FROM event WHERE announcement = announcement.number) AS events,
  (SELECT count(*) FROM revision WHERE announcement = announcement.number) AS revisions,
  (SELECT count(*) FROM translation WHERE announcement = announcement.number) AS translations,
  {updated} AS updated,
  {gone} AS gone,
  announcement.story
FROM announcement
ORDER BY {newest} DESC
"""

_EVENTS = """
SELECT
  event.kind,
  {starts_day} AS day,
  {ends_day} AS last_day,
  {starts} AS starts,
  {ends} AS ends,
  event.all_day,
  event.timezone AS zone,
  event.title,
  event.place,
  announcement.id AS announcement,
  announcement.title AS announcement_title,
  announcement.url AS announcement_url
FROM event JOIN announcement ON announcement.number = event.announcement
ORDER BY event.starts DESC
"""

_ATTACHMENTS = """
SELECT
  attachment.url,
  attachment.type,
  attachment.title,
  attachment.length,
  attachment.problem,
  announcement.id AS announcement,
  announcement.title AS announcement_title,
  announcement.url AS announcement_url
FROM attachment JOIN announcement ON announcement.number = attachment.announcement
ORDER BY attachment.announcement DESC
"""

_WENT_WELL = "source = known.source AND outcome IN ('ok', 'degraded') ORDER BY started DESC LIMIT 1"
_HEALTH = f"""
SELECT
  known.source,
  {{last_started}} AS last_run,
  last.outcome,
  (SELECT {{started}} FROM run WHERE {_WENT_WELL}) AS last_well,
  (SELECT count(*) FROM run AS failed WHERE failed.source = known.source AND failed.outcome = 'failed'
    AND (failed.started > (SELECT started FROM run WHERE {_WENT_WELL})
      OR NOT EXISTS (SELECT 1 FROM run WHERE {_WENT_WELL}))) AS failures_in_a_row,
  last.route,
  (SELECT {{published}} FROM announcement WHERE source = known.source ORDER BY place DESC LIMIT 1)
    AS newest_announcement,
  (SELECT count(*) FROM announcement WHERE source = known.source) AS announcements
FROM (SELECT DISTINCT source FROM run) AS known
JOIN run AS last ON last.number =
  (SELECT number FROM run WHERE source = known.source ORDER BY started DESC, number DESC LIMIT 1)
ORDER BY known.source
"""  # noqa: S608  (of text of ours only)


def statements(dialect: str) -> Iterator[str]:
    """Yield the SQL that makes the views of ``sqlite`` or ``postgresql``, and what makes them quick."""
    sqlite = dialect == "sqlite"
    yield f"CREATE INDEX ix_announcement_published ON announcement ({_time('published') if sqlite else 'published'})"
    for name, view in _views(sqlite=sqlite).items():
        yield f"CREATE VIEW {name} AS {view}"


def _views(*, sqlite: bool) -> dict[str, str]:
    time = _time if sqlite else str
    day = _SQLITE_DAY if sqlite else _POSTGRES_DAY
    published, zone = "announcement.published", "event.timezone"
    return {
        "announcements": _ANNOUNCEMENTS.format(
            published=time(published),
            published_day=day.format(time=published, zone="announcement.timezone"),
            joined="group_concat(topic, ', ')" if sqlite else "string_agg(topic, ', ')",
            updated=time("announcement.updated"),
            gone=time("announcement.gone"),
            # PostgreSQL keeps this order below another one that is asked for: by the same column it is one.
            newest="announcement.place" if sqlite else published,
        ),
        "events": _EVENTS.format(
            starts_day=day.format(time="event.starts", zone=zone),
            ends_day=day.format(time="event.ends", zone=zone),
            starts=time("event.starts"),
            ends=time("event.ends"),
        ),
        "attachments": _ATTACHMENTS,
        "health": _HEALTH.format(last_started=time("last.started"), started=time("started"), published=time(published)),
    }


def _time(column: str) -> str:
    return f"strftime('%Y-%m-%dT%H:%M:%SZ', {column})"
