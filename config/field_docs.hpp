// What every key of the configuration means and what holds without it: the words next to FieldShape.
#pragma once

#include <span>
#include <string_view>

namespace velo::config {

struct FieldDoc {
    std::string_view path;  // `sources.*.kafka.topic`; `[]` stands for the items of a list.
    std::string_view
        default_text;  // As it would be written; empty: there is none, or it must be written.
    std::string_view meaning;  // A sentence or two for the manual.
};

/// Of every path of job_file_shape() and server_file_shape() exactly one, in the order of the manual; the Kafka client's
/// own properties, which its manual tells of, have none.
[[nodiscard]] std::span<const FieldDoc> job_file_docs() noexcept;
[[nodiscard]] std::span<const FieldDoc> server_file_docs() noexcept;

}  // namespace velo::config
