// Why a run ended by itself.
#pragma once

#include <string>

#include "engine/data/record_place.hpp"
#include "engine/pipeline/source.hpp"

namespace velo::runtime {

struct Failure {
    bool may_retry =
        true;          // False: `on_error: fail` or max_ratio: only a person can tell what to do.
    std::string code;  // Bounded: a metric label.
    std::string text;
    engine::RecordPlace where = {};
};

[[nodiscard]] inline Failure failure_of(const engine::PortError& error, bool may_retry = true) {
    return {.may_retry = may_retry, .code = error.code, .text = error.text, .where = error.where};
}

}  // namespace velo::runtime
