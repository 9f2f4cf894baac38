#include "server/command/job_text.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

#include "engine/base/error.hpp"
#include "engine/base/time.hpp"
#include "engine/sql/parser.hpp"

namespace velo::server {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kLongestName = 63;

std::string yaml_text(std::string_view text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
    return out + "'";
}

// A key that YAML takes for nothing else.
std::string yaml_key(const std::string& name) {
    static constexpr std::array<std::string_view, 11> kWords{
        "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"};
    const bool is_word = std::ranges::find(kWords, to_lower(name)) != kWords.end();
    return is_word ? yaml_text(name) : name;
}

// In quotes where SQL would take the name for a word of its own.
std::string sql_name(const std::string& name) {
    try {
        (void)engine::sql::parse_query("SELECT " + name + " FROM " + name + " WHERE " + name +
                                       " = 1 GROUP BY " + name);
        return name;
    } catch (const Error&) {
        return "\"" + name + "\"";
    }
}

std::string column_line(const GuessedColumn& column) {
    std::string value =
        column.type.find('(') == std::string::npos ? column.type : "\"" + column.type + "\"";
    std::string more;
    if (!column.path.empty()) more += ", path: " + yaml_text(column.path);
    if (!column.unit.empty() && column.unit != "ms") more += ", unit: " + column.unit;
    if (!more.empty()) value = "{type: " + value + more + "}";
    std::string line = "      " + yaml_key(column.name) + ": " + value;
    std::string note = column.note;
    if (column.unit == "ms") note = "milliseconds since 1970" + (note.empty() ? "" : "; " + note);
    if (!note.empty()) line = fmt::format("{:<44}  # {}", line, note);
    return line + '\n';
}

// The least usual lateness that would have taken the whole sample.
std::string lateness_of(std::chrono::microseconds out_of_order) {
    for (const std::chrono::seconds each : {5s, 10s, 30s, 60s, 300s, 900s, 3600s, 86400s}) {
        if (out_of_order <= each) return duration_text(each);
    }
    return duration_text(std::chrono::ceil<std::chrono::hours>(out_of_order));
}

std::string event_time_text(const GuessedSchema& schema) {
    if (schema.event_time.empty())
        return "    # No TIMESTAMP column is in every record: event time is the record's own.\n"
               "    # event_time: {column: …, lateness: 5s}\n";
    return fmt::format(
        "    # Rows later than this come too late for their window; the sample was {} out of "
        "order.\n    event_time: {{column: {}, lateness: {}}}\n",
        schema.out_of_order == 0us ? "not" : "up to " + duration_text(schema.out_of_order),
        schema.event_time, lateness_of(schema.out_of_order));
}

std::string query_text(const NewJob& job) {
    std::string columns;
    std::string line = "  SELECT ";
    for (const GuessedColumn& column : job.schema.columns) {
        const std::string part = sql_name(column.name);
        if (line.size() + part.size() > 96) {
            columns += line + '\n';
            line = "         ";
        }
        line += part + ", ";
    }
    columns += line.substr(0, line.size() - 2) + '\n';
    std::string text = "query: |\n" + columns + "  FROM " + sql_name(job.source) + "\n";
    const auto key = std::ranges::find(job.schema.columns, "STRING", &GuessedColumn::type);
    if (job.schema.event_time.empty() || key == job.schema.columns.end()) return text;
    return text + fmt::format(
                      "# Or, say, how many there are in each minute (then the test below answers "
                      "otherwise):\n#   SELECT {0}, COUNT(*) AS n, _window_start\n#   FROM {1}\n"
                      "#   GROUP BY {0}\n#   WINDOW TUMBLING ({2}, INTERVAL '1' MINUTE)\n",
                      sql_name(key->name), sql_name(job.source), sql_name(job.schema.event_time));
}

std::string tests_text(const NewJob& job) {
    std::string text =
        "# Offline, in virtual time: velostream test. The rows are records of the topic; put "
        "others in their place\n# where they hold what should not be in a file.\ntests:\n"
        "  - name: sampled records are answered\n    input:\n      " +
        yaml_key(job.source) + ":\n";
    for (const std::string& row : job.test_input) text += "        - " + yaml_text(row) + '\n';
    text += "    output:\n";
    for (const std::string& row : job.test_output) text += "      - " + row + '\n';
    return text + "    dead_lettered: 0\n";
}

}  // namespace

std::string job_text(const NewJob& job) {
    std::string text = fmt::format("# Written by velostream init from {} record{} of topic '{}'.\n",
                                   job.sampled, job.sampled == 1 ? "" : "s", job.topic);
    text +=
        "# Types are guesses: what does not fit them goes to the dead letters, see "
        "'velostream dlq list'.\n";
    for (const std::string& remark : job.remarks) text += "# " + remark + '\n';
    text += fmt::format("name: {}\nsources:\n  {}:\n", job.name, yaml_key(job.source));
    text += fmt::format("    kafka: {{topic: {}, start: earliest}}\n    format: json\n",
                        yaml_text(job.topic));
    if (job.skip_tombstones)
        text += "    tombstones: skip                        # Records without a payload.\n";
    text += "    schema:\n";
    for (const GuessedColumn& column : job.schema.columns) text += column_line(column);
    for (const std::string& each : job.schema.left_out) text += "      # " + each + '\n';
    text += event_time_text(job.schema) + query_text(job);
    text += fmt::format(
        "sink:\n  kafka: {{topic: {}, create: {{partitions: {}}}}}     # Made when it is "
        "missing.\n  format: json\n",
        yaml_text(job.sink_topic), job.partitions);
    if (!job.test_input.empty()) text += tests_text(job);
    return text;
}

std::string job_name_of(const std::string& topic) {
    std::string name = to_lower(topic);
    for (char& c : name) {
        const bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        if (!fits) c = '_';
    }
    return name.substr(0, kLongestName);
}

std::string source_name_of(const std::string& topic) {
    std::string name = job_name_of(topic);
    std::ranges::replace(name, '-', '_');
    return name[0] == '_' || (name[0] >= '0' && name[0] <= '9') ? "s_" + name : name;
}

}  // namespace velo::server
