// transactional_job <bootstrap servers> <name> <goal>: writes the numbers up to the goal from where the last life of the
// job had come. A process of its own, because tests kill it.
#include "tests/kafka/transactional_job.hpp"

#include <cstdio>
#include <exception>
#include <string>

int main(int count, char** arguments) {
    if (count != 4) return 2;
    try {
        velo::tests::TransactionalJob job(arguments[1], arguments[2]);
        job.start();
        job.run(std::stoll(arguments[3]));
        return 0;
    } catch (const std::exception& error) {
        static_cast<void>(std::fprintf(stderr, "%s\n", error.what()));
        return 1;
    }
}
