// Errands for a worker: rare closures from control threads, run on the worker's own thread.
#pragma once

#include <atomic>
#include <functional>
#include <utility>

namespace velo::runtime {

using Errand = std::move_only_function<void()>;

/// A stack that many threads push to and one takes whole; lock-free, unbounded, and cold: a few errands per job and
/// start or stop.
/// Thread:  post by any; run_all by the owner.
class Mailbox {
public:
    Mailbox() = default;
    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;
    ~Mailbox() { drop(newest_.exchange(nullptr)); }

    void post(Errand errand) {
        Node* node = new Node{std::move(errand), newest_.load(std::memory_order_relaxed)};
        while (!newest_.compare_exchange_weak(node->older, node, std::memory_order_release,
                                              std::memory_order_relaxed)) {
        }
    }

    /// Runs what has been posted, oldest first. Returns whether there was anything.
    bool run_all() {
        if (newest_.load(std::memory_order_relaxed) == nullptr) return false;
        Node* node = newest_.exchange(nullptr, std::memory_order_acquire);
        Node* oldest = nullptr;
        while (node != nullptr) {  // Turn the stack into posting order.
            Node* older = node->older;
            node->older = oldest;
            oldest = node;
            node = older;
        }
        for (Node* next = oldest; next != nullptr; next = next->older) next->errand();
        drop(oldest);
        return true;
    }

private:
    struct Node {
        Errand errand;
        Node* older;
    };
    static void drop(Node* node) noexcept {
        while (node != nullptr) delete std::exchange(node, node->older);
    }
    std::atomic<Node*> newest_{nullptr};
};

}  // namespace velo::runtime
