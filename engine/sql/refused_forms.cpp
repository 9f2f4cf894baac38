#include "engine/sql/refused_forms.hpp"

#include <array>
#include <span>

#include "engine/base/error.hpp"

namespace velo::engine::sql {

namespace {

struct Refused {
    std::string_view words;  // One or more, a blank between them.
    std::string_view reason;
};

constexpr std::array kStatements{
    Refused{"CREATE",
            "a job file names its sources under 'sources' and its output under 'sink'; here "
            "CREATE STREAM name AS SELECT …; names a query for the SELECT after it"},
    Refused{"INSERT UPSERT REPLACE MERGE",
            "a query does not name where its rows go; write the SELECT alone, and the topic under "
            "'sink' of the job file"},
    Refused{"UPDATE DELETE TRUNCATE",
            "rows of a stream are not changed in place; write a SELECT, whose newest row per key "
            "is the current one"},
    Refused{"ALTER DROP",
            "there is nothing stored to change; edit the job file, or remove it to end the job"},
    Refused{"SHOW LIST DESCRIBE DESC",
            "this is not a query; 'velostream explain JOB.yaml' shows a job's sources, columns and "
            "plan"},
    Refused{"EXPLAIN", "EXPLAIN is a command, not a query; run 'velostream explain JOB.yaml'"},
    Refused{"START STOP PAUSE RESUME TERMINATE DEPLOY ROLLBACK",
            "jobs are not run by statements; a job file is a job, and 'velostream run' runs it"},
    Refused{"SET UNSET USE", "settings are keys of the job file, not statements"},
    Refused{"VALUES", "a query reads a source; write SELECT … FROM a source of the job file"},
    Refused{"BEGIN COMMIT",
            "a job commits by itself; set execution: {commit_interval: …} in the job file"},
    Refused{"FROM", "a query begins with SELECT, and FROM follows its items"},
    Refused{"MATCH_RECOGNIZE PIVOT",
            "this clause is not supported; write a SELECT with GROUP BY or OVER"},
};

constexpr std::array kClauses{
    Refused{"INTO", "INTO is not part of a query; the job file's 'sink' says where rows go"},
    Refused{"WITH", "WITH is for named queries before SELECT; settings are keys of the job file"},
    Refused{"ADVANCE HOP SIZE", "a hopping window is written WINDOW HOPPING (time, size, advance)"},
    Refused{"GRACE",
            "GRACE PERIOD is not part of a query; set event_time: {lateness: …} of the source"},
    Refused{"ALLOWED",
            "ALLOWED LATENESS stands after EMIT FINAL; how late rows usually are is event_time: "
            "{lateness: …} of the source"},
    Refused{
        "CLOSE",
        "CLOSE AFTER IDLE is not part of a query; set event_time: {idle_after: …} of the source"},
    Refused{"RETENTION EXPIRE",
            "how long state is kept is not part of a query; set state: {ttl: …} of the job file"},
    Refused{
        "PARTITION",
        "PARTITION BY belongs inside OVER; the key of the output is 'key: [columns]' of the sink"},
    Refused{"PRIMARY",
            "the key of the output is not part of a query; set 'key: [columns]' of the sink"},
    Refused{"OFFSET FETCH", "only LIMIT n is supported; a stream has no pages"},
    Refused{"INTERSECT EXCEPT MINUS",
            "only UNION ALL combines queries; filter with WHERE or a JOIN instead"},
    Refused{"NATURAL", "every join needs its condition; write JOIN … ON …"},
    Refused{"CROSS",
            "every join needs its condition; write JOIN … ON …, or CROSS JOIN UNNEST(array) AS "
            "name for the elements of an array"},
    Refused{"USING", "USING is not supported; write ON a.id = b.id"},
    Refused{"WITHIN", "WITHIN stands between the joined source and ON: JOIN b WITHIN 5m ON …"},
    Refused{"FOR SYSTEM_TIME", "FOR SYSTEM_TIME AS OF is not supported; write JOIN … ON …"},
    Refused{"TABLESAMPLE SAMPLE",
            "sampling is not supported; filter with WHERE: _offset % 100 = 0"},
    Refused{"PIVOT UNPIVOT",
            "PIVOT is not supported; write one aggregate per column: SUM(CASE WHEN … THEN x END)"},
    Refused{"MATCH_RECOGNIZE",
            "MATCH_RECOGNIZE is not supported; compare neighbouring rows with OVER (ROWS WINDOW "
            "BUFFER n ROWS …)"},
    Refused{"LATERAL UNNEST",
            "elements of an array become rows after FROM and its source: FROM t CROSS JOIN "
            "UNNEST(t.items) AS item"},
    Refused{"QUALIFY", "QUALIFY is not supported; let a second job filter the output of the first"},
    Refused{"ROLLUP CUBE GROUPING",
            "only plain GROUP BY is supported; write one job per set of columns"},
    Refused{"GLOB", "GLOB is not supported; use LIKE, or RLIKE for regular expressions"},
    Refused{"DIV", "DIV is not an operator here; BIGINT / BIGINT truncates"},
    Refused{"MOD", "MOD is not an operator here; write a % b"},
    Refused{"XOR", "XOR is not an operator here; write a <> b"},
    Refused{"COLLATE", "COLLATE is not supported; texts compare by their bytes"},
    Refused{"AT", "AT LOCAL is not supported; write AT TIME ZONE 'Europe/Berlin'"},
    Refused{"ISNULL", "write IS NULL"},
    Refused{"NOTNULL", "write IS NOT NULL"},
    Refused{"IGNORE RESPECT",
            "IGNORE NULLS is not written; aggregates leave NULLs out unless they say otherwise"},
};

constexpr std::array kInWindow{
    Refused{"SIZE",
            "SIZE is not written; a window is WINDOW TUMBLING (time, size) or HOPPING (time, size, "
            "advance)"},
    Refused{"ADVANCE",
            "ADVANCE BY is not written; a hopping window is HOPPING (time, size, advance)"},
    Refused{"GRACE",
            "GRACE PERIOD is not part of a window; set event_time: {lateness: …} of the source"},
    Refused{"RETENTION", "RETENTION is not part of a window; its state goes when it closes"},
};

constexpr std::array kInOver{
    Refused{"EMIT", "EMIT is not part of OVER; every row is answered when it arrives"},
    Refused{"EXPIRE", "EXPIRE AFTER is not part of OVER; set state: {ttl: …} of the job file"},
    Refused{"GROUPS",
            "GROUPS frames are not supported; write ROWS BETWEEN n PRECEDING AND CURRENT ROW"},
    Refused{"EXCLUDE", "EXCLUDE is not supported; the frame holds the current row"},
};

constexpr std::array kTypes{
    Refused{
        "TINYINT SMALLINT INT2 INT4 INT8 INT16 INT32 INT64 LONG SHORT SERIAL BIGSERIAL UNSIGNED",
        "BIGINT"},
    Refused{"FLOAT4 FLOAT8 FLOAT32 FLOAT64", "DOUBLE"},
    Refused{"NUMBER SCALED_INTEGER MONEY BIGDECIMAL", "DECIMAL(p,s)"},
    Refused{"CHAR CHARACTER NCHAR NVARCHAR STR UUID JSON JSONB ENUM UTF8", "STRING"},
    Refused{"BLOB BINARY VARBINARY BYTEA BYTE", "BYTES"},
    Refused{"DATETIME TIMESTAMPTZ TIMESTAMP_LTZ", "TIMESTAMP"},
};

bool has_word(std::string_view words, std::string_view word) noexcept {
    while (!words.empty()) {
        const std::size_t end = words.find(' ');
        if (equals_ignoring_case(words.substr(0, end), word)) return true;
        if (end == std::string_view::npos) return false;
        words.remove_prefix(end + 1);
    }
    return false;
}

std::string_view reason_in(std::span<const Refused> forms, std::string_view word) noexcept {
    for (const Refused& form : forms) {
        if (has_word(form.words, word)) return form.reason;
    }
    return {};
}

}  // namespace

std::string_view refused_statement(std::string_view word) noexcept {
    return reason_in(kStatements, word);
}
std::string_view refused_clause(std::string_view word) noexcept {
    return reason_in(kClauses, word);
}
std::string_view refused_in_window(std::string_view word) noexcept {
    return reason_in(kInWindow, word);
}
std::string_view refused_in_over(std::string_view word) noexcept {
    return reason_in(kInOver, word);
}
std::string_view type_instead_of(std::string_view word) noexcept { return reason_in(kTypes, word); }

}  // namespace velo::engine::sql
