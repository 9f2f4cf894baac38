// What the demo shows while it runs: a table that is drawn again and again on a terminal, else plain lines.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "server/command/job_lines.hpp"

namespace velo::server {

/// What stands at the top, and does not change.
struct DemoBanner {
    std::string broker;  // Its address.
    std::string page;    // Its address; empty: there is none.
};

class DemoView {
public:
    /// `columns`: the width of the terminal; 0: `out` is none.
    DemoView(std::ostream& out, std::uint32_t columns, DemoBanner banner);

    /// The jobs `seconds` after the start; `answer`: the last one of the window job, or empty.
    void show(double seconds, const JobsLook& now, const JobsLook& before,
              const std::string& answer);

private:
    void draw(const std::string& text);

    std::ostream& out_;
    const std::uint32_t columns_;
    const DemoBanner banner_;
    std::string shown_answer_;
};

}  // namespace velo::server
