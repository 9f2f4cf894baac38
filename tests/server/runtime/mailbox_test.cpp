#include "server/runtime/mailbox.hpp"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "server/runtime/wake.hpp"
#include "server/runtime/worker.hpp"

using namespace velo::runtime;

TEST_CASE("errands run in the order they were posted", "[mailbox]") {
    Mailbox mailbox;
    std::vector<int> ran;
    for (int i = 0; i < 5; ++i) mailbox.post([&ran, i] { ran.push_back(i); });
    CHECK(mailbox.run_all());
    CHECK(ran == std::vector<int>{0, 1, 2, 3, 4});
    CHECK_FALSE(mailbox.run_all());
}

TEST_CASE("an errand that never ran is destroyed with its mailbox", "[mailbox]") {
    const auto witness = std::make_shared<int>(0);
    {
        Mailbox mailbox;
        mailbox.post([witness] {});
        CHECK(witness.use_count() == 2);
    }
    CHECK(witness.use_count() == 1);
}

TEST_CASE("a sleeping worker runs an errand posted from another thread", "[worker]") {
    Worker worker;
    for (int round = 0; round < 200; ++round) {
        std::atomic<bool> done{false};
        worker.post([&done] {
            done.store(true);
            done.notify_one();
        });
        done.wait(false);
        CHECK(done.load());
    }
}

TEST_CASE("errands from many threads all run, each thread's in order", "[worker]") {
    constexpr int kThreads = 4;
    constexpr int kEach = 500;
    std::vector<int> last(kThreads, -1);
    int disorder = 0;
    {
        Worker worker;
        std::vector<std::thread> threads;
        for (int t = 0; t < kThreads; ++t) {
            threads.emplace_back([&, t] {
                for (int i = 0; i < kEach; ++i) {
                    worker.post([&, t, i] {
                        disorder += last[static_cast<std::size_t>(t)] == i - 1 ? 0 : 1;
                        last[static_cast<std::size_t>(t)] = i;
                    });
                }
            });
        }
        for (std::thread& thread : threads) thread.join();
        std::atomic<bool> done{false};
        worker.post([&done] {
            done.store(true);
            done.notify_one();
        });
        done.wait(false);
    }
    CHECK(disorder == 0);
    CHECK(last == std::vector<int>(kThreads, kEach - 1));
}
