// minitok from C++: handles that free themselves, one tokenizer for several threads, errors of each thread.
#include <minitok.h>

#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

struct Free {
    void operator()(minitok_tokenizer *tokenizer) const { minitok_free(tokenizer); }
    void operator()(minitok_stream *stream) const { minitok_stream_free(stream); }
};

static void check(minitok_status status) {
    if (status != MINITOK_OK) throw std::runtime_error(minitok_last_error());
}

class Tokenizer {
    std::unique_ptr<minitok_tokenizer, Free> held;

public:
    explicit Tokenizer(std::string_view name) {
        minitok_tokenizer *made = nullptr;
        check(minitok_encoding(name.data(), name.size(), &made));
        held.reset(made);
    }

    std::vector<std::uint32_t> encode(std::string_view text) const {
        std::vector<std::uint32_t> ids(text.size());
        std::size_t count = 0;
        check(minitok_encode(held.get(), text.data(), text.size(), 0, ids.data(), ids.size(), &count));
        ids.resize(count);
        return ids;
    }

    std::string streamed(const std::vector<std::uint32_t> &ids) const {
        minitok_stream *made = nullptr;
        check(minitok_stream_new(held.get(), 0, &made));
        std::unique_ptr<minitok_stream, Free> stream(made);
        std::string text;
        const char *said = nullptr;
        std::size_t length = 0;
        for (std::uint32_t id : ids) {
            check(minitok_stream_push(stream.get(), id, &said, &length));
            text.append(said, length);
        }
        check(minitok_stream_finish(stream.get(), &said, &length));
        return text.append(said, length);
    }
};

int main() {
    const Tokenizer tokenizer("o200k_base");
    std::vector<std::thread> threads;
    std::vector<std::string> wrong(4);
    for (std::size_t number = 0; number < wrong.size(); number++) {
        threads.emplace_back([&, number] {
            for (int turn = 0; turn < 300; turn++) {
                const std::string text = "thread " + std::to_string(number) + " naïve 😀 turn " + std::to_string(turn);
                if (tokenizer.streamed(tokenizer.encode(text)) != text) wrong[number] = text;
                const std::string unknown = "none" + std::to_string(number);
                try {
                    Tokenizer{unknown};
                    wrong[number] = unknown;
                } catch (const std::runtime_error &error) {
                    if (std::string(error.what()).find(unknown) == std::string::npos) wrong[number] = error.what();
                }
            }
        });
    }
    for (std::thread &thread : threads) thread.join();
    for (const std::string &text : wrong) {
        if (!text.empty()) return std::cerr << text << '\n', 1;
    }
    std::cout << minitok_version() << '\n';
    return 0;
}
