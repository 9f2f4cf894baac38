#include "engine/operator/keyed_operator.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"
#include "engine/operator/operators.hpp"

namespace velo::engine {

void OperatorRows::clear() noexcept {
    rows = 0;
    arena.clear();
    written.clear();
    withdrawn.clear();
    revisions.clear();
    late.clear();
    faults.clear();
    inner_faults.clear();
}

void OperatorRows::withdraw(const std::vector<std::uint8_t>& marks) {
    if (std::ranges::find(marks, 1) == marks.end()) return;
    withdrawn = marks;
    faults.erase([&](const RowFault& fault) { return marks[fault.row] != 0; });
}

std::unique_ptr<KeyedOperator> make_keyed_operator(const Plan& plan, Saving saving) {
    VELO_ASSERT(plan.keyed.has_value(), "only keyed plans have a keyed operator");
    if (!plan.stages.empty()) return make_chain(plan, saving);
    if (std::holds_alternative<RowsOverPlan>(*plan.keyed)) return make_rows_over(plan, saving);
    if (std::holds_alternative<LimitPlan>(*plan.keyed)) return make_first_rows(plan, saving);
    if (std::holds_alternative<TopPlan>(*plan.keyed)) return make_top_rows(plan);
    if (plan.frames() != nullptr) return make_frames_over(plan, saving);
    const WindowPlan* const window = plan.window();
    if (window == nullptr)
        return plan.ttl ? make_expiring_groups(plan, saving) : make_group_aggregate(plan, saving);
    if (window->kind == WindowPlan::Kind::Session) return make_session_windows(plan, saving);
    if (plan.emit.corrects()) return make_corrected_windows(plan, saving);
    return plan.emit.mode == EmitMode::Final ? make_final_windows(plan, saving)
                                             : make_changing_windows(plan, saving);
}

}  // namespace velo::engine
