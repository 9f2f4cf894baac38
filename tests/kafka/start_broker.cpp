// A broker for scripts: `start_broker [--heap MiB] [setting=value …]` prints the address of a broker
// made for speed, and keeps it running until its standard input ends.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>

#include "tests/kafka/broker.hpp"

int main(int count, char** words) {
    velo::tests::BrokerOptions options{.heap_mib = 1024, .for_speed = true, .settings = {}};
    for (int i = 1; i < count; ++i) {
        const std::string_view word = words[i];
        if (word == "--heap" && i + 1 < count) {
            options.heap_mib = std::atoi(words[++i]);
        } else if (word.find('=') != word.npos) {
            options.settings.emplace_back(word);
        } else {
            std::fputs("usage: start_broker [--heap MiB] [setting=value ...]\n", stderr);
            return 2;
        }
    }
    try {
        const velo::tests::Broker broker(options);
        std::puts(broker.bootstrap_servers().c_str());
        std::fflush(stdout);
        while (std::getchar() != EOF) {
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "start_broker: %s\n", error.what());
        return 1;
    }
}
