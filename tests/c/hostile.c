/* Everything that minitok.h promises, asked with arguments as they should be, and as they should not. */
#include <minitok.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IS(expected, call) is(__LINE__, #call, (expected), (call))
#define SAYS(part) says(__LINE__, (part))

static int checks = 0;

static void is(int line, const char *call, long long expected, long long found) {
    checks++;
    if (expected != found) {
        fprintf(stderr, "line %d: %s is %lld, not %lld: %s\n", line, call, found, expected, minitok_last_error());
        exit(1);
    }
}

static void says(int line, const char *part) {
    checks++;
    if (strstr(minitok_last_error(), part) == NULL) {
        fprintf(stderr, "line %d: \"%s\" is not in \"%s\"\n", line, part, minitok_last_error());
        exit(1);
    }
}

/* A heap copy without a zero at its end, so that a read behind it is found. */
static char *copied(const char *text, size_t length) {
    char *copy = malloc(length);
    memcpy(copy, text, length);
    return copy;
}

static char *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    char *data = malloc(1 << 16);
    *length = file ? fread(data, 1, 1 << 16, file) : 0;
    if (file) fclose(file);
    return data;
}

static void tokenizers(const char *path) {
    minitok_tokenizer *made = (minitok_tokenizer *)8;
    IS(MINITOK_ARGUMENT, minitok_encoding("gpt2", 4, NULL));
    SAYS("tokenizer is null");
    IS(MINITOK_ARGUMENT, minitok_encoding(NULL, 4, &made));
    SAYS("name is null");
    IS(1, made == NULL);
    IS(MINITOK_ARGUMENT, minitok_encoding("gpt2", SIZE_MAX, &made));
    SAYS("longer than memory");
    IS(MINITOK_UNKNOWN_ENCODING, minitok_encoding(NULL, 0, &made));
    IS(MINITOK_UNKNOWN_ENCODING, minitok_encoding("gpt2\0", 5, &made));
    SAYS("unknown encoding");
    IS(MINITOK_NOT_UTF8, minitok_encoding("gpt\xff", 4, &made));
    SAYS("name is not UTF-8 at byte 3");
    IS(MINITOK_ARGUMENT, minitok_encoding("gpt2", 4, (minitok_tokenizer **)((char *)&made + 1)));
    SAYS("not aligned");

    IS(MINITOK_ARGUMENT, minitok_load(NULL, 4, &made));
    IS(MINITOK_FORMAT, minitok_load(NULL, 0, &made));
    IS(MINITOK_FORMAT, minitok_load((const uint8_t *)"{}", 2, &made));
    IS(1, made == NULL);

    size_t length;
    char *data = read_file(path, &length);
    IS(MINITOK_OK, minitok_load((const uint8_t *)data, length, &made));
    size_t count = 0;
    IS(MINITOK_OK, minitok_count(made, "lowest", 6, &count));
    IS(1, count > 0 && count <= 6);
    for (size_t part = 0; part < length; part += 37) { /* a file that was cut short */
        minitok_tokenizer *none;
        IS(MINITOK_FORMAT, minitok_load((const uint8_t *)data, part, &none));
    }
    free(data);
    IS(MINITOK_OK, minitok_free(made));
    IS(MINITOK_OK, minitok_free(NULL));
    IS(MINITOK_OK, minitok_stream_free(NULL));
}

static void texts(minitok_tokenizer *tokenizer, minitok_stream *stream) {
    char *text = copied("hello<|endoftext|>", 18);
    uint32_t ids[9] = {7, 7, 7, 7, 7, 7, 7, 7, 7};
    size_t count = 99;
    IS(MINITOK_OK, minitok_count(tokenizer, text, 18, &count));
    IS(8, count);
    IS(MINITOK_OK, minitok_encode(tokenizer, text, 18, 1, ids, 9, &count));
    IS(2, count);
    IS(24912, ids[0]);
    IS(199999, ids[1]);
    IS(7, ids[2]);
    IS(MINITOK_TOO_SMALL, minitok_encode(tokenizer, text, 18, 0, ids, 7, &count));
    SAYS("ids has room for 7 items, and there are 8");
    IS(8, count);
    IS(24912, ids[0]);
    IS(199999, ids[1]);
    IS(MINITOK_TOO_SMALL, minitok_encode(tokenizer, text, 18, 0, NULL, 0, &count));
    IS(MINITOK_OK, minitok_encode(tokenizer, text, 18, 0, ids, 8, &count));
    IS(7, ids[8]);
    IS(MINITOK_OK, minitok_encode(tokenizer, NULL, 0, 0, NULL, 0, &count));
    IS(0, count);
    IS(MINITOK_OK, minitok_count(tokenizer, "a\0b", 3, &count));
    IS(3, count);

    IS(MINITOK_ARGUMENT, minitok_encode(NULL, text, 18, 0, ids, 9, &count));
    SAYS("tokenizer is null");
    IS(MINITOK_ARGUMENT, minitok_encode((minitok_tokenizer *)stream, text, 18, 0, ids, 9, &count));
    SAYS("tokenizer is a handle of another kind");
    IS(MINITOK_ARGUMENT, minitok_encode(tokenizer, NULL, 18, 0, ids, 9, &count));
    IS(MINITOK_ARGUMENT, minitok_encode(tokenizer, text, SIZE_MAX, 0, ids, 9, &count));
    IS(MINITOK_ARGUMENT, minitok_encode(tokenizer, text, 18, 2, ids, 9, &count));
    SAYS("special is 2");
    IS(MINITOK_ARGUMENT, minitok_encode(tokenizer, text, 18, 0, NULL, 9, &count));
    IS(MINITOK_ARGUMENT, minitok_encode(tokenizer, text, 18, 0, (uint32_t *)((char *)ids + 1), 7, &count));
    IS(MINITOK_ARGUMENT, minitok_encode(tokenizer, text, 18, 0, ids, SIZE_MAX / 2, &count));
    IS(MINITOK_ARGUMENT, minitok_encode(tokenizer, text, 18, 0, ids, 9, NULL));
    IS(MINITOK_ARGUMENT, minitok_count(tokenizer, text, 18, NULL));
    IS(MINITOK_NOT_UTF8, minitok_count(tokenizer, "\xc3", 1, &count));
    free(text);

    uint32_t unknown[2] = {24912, 4000000000u};
    char said[8];
    IS(MINITOK_OK, minitok_decode(tokenizer, ids, 1, said, 8, &count));
    IS(5, count);
    IS(0, memcmp(said, "hello", 5));
    IS(MINITOK_TOO_SMALL, minitok_decode(tokenizer, ids, 1, said, 4, &count));
    IS(5, count);
    IS(MINITOK_UNKNOWN_TOKEN, minitok_decode(tokenizer, unknown, 2, said, 8, &count));
    SAYS("unknown token id 4000000000 at position 1");
    IS(MINITOK_OK, minitok_decode(tokenizer, NULL, 0, NULL, 0, &count));
    IS(0, count);
    IS(MINITOK_ARGUMENT, minitok_decode(tokenizer, NULL, 1, said, 8, &count));
    IS(MINITOK_ARGUMENT, minitok_decode(tokenizer, ids, SIZE_MAX, said, 8, &count));
    IS(MINITOK_ARGUMENT, minitok_decode(tokenizer, ids, 1, NULL, 8, &count));
    IS(MINITOK_ARGUMENT, minitok_decode(tokenizer, ids, 1, said, 8, NULL));
}

static void limits(minitok_tokenizer *tokenizer) {
    size_t kept = 99;
    char *text = copied("Call me Ishmael. Some years ago", 31);
    IS(MINITOK_OK, minitok_truncate(tokenizer, text, 31, 4, &kept));
    IS(15, kept);
    IS(MINITOK_OK, minitok_truncate(tokenizer, text, 31, SIZE_MAX, &kept));
    IS(31, kept);
    IS(MINITOK_OK, minitok_truncate(tokenizer, text, 31, 0, &kept));
    IS(0, kept);
    IS(MINITOK_OK, minitok_truncate(tokenizer, NULL, 0, 4, &kept));
    IS(0, kept);
    IS(MINITOK_ARGUMENT, minitok_truncate(NULL, text, 31, 4, &kept));
    IS(MINITOK_ARGUMENT, minitok_truncate(tokenizer, NULL, 31, 4, &kept));
    IS(MINITOK_ARGUMENT, minitok_truncate(tokenizer, text, SIZE_MAX, 4, &kept));
    IS(MINITOK_ARGUMENT, minitok_truncate(tokenizer, text, 31, 4, NULL));
    IS(MINITOK_NOT_UTF8, minitok_truncate(tokenizer, "\xc3", 1, 4, &kept));
    free(text);
}

static void stops(minitok_tokenizer *tokenizer) {
    minitok_stream *stream;
    uint32_t ids[32];
    int32_t number = 99;
    const char *said;
    size_t count, length;
    char *stop = copied("</answer>", 9);
    IS(MINITOK_OK, minitok_stream_new(tokenizer, 0, &stream));
    IS(MINITOK_OK, minitok_stream_stopped(stream, &number));
    IS(-1, number);
    IS(MINITOK_OK, minitok_stream_stop(stream, "\n\n", 2));
    IS(MINITOK_OK, minitok_stream_stop(stream, stop, 9));
    free(stop);
    IS(MINITOK_ARGUMENT, minitok_stream_stop(stream, NULL, 0));
    SAYS("the stop string is empty");
    IS(MINITOK_ARGUMENT, minitok_stream_stop(stream, NULL, 1));
    IS(MINITOK_ARGUMENT, minitok_stream_stop(stream, "a", SIZE_MAX));
    IS(MINITOK_NOT_UTF8, minitok_stream_stop(stream, "\xff", 1));
    IS(MINITOK_ARGUMENT, minitok_stream_stop(NULL, "a", 1));
    IS(MINITOK_ARGUMENT, minitok_stream_stop((minitok_stream *)tokenizer, "a", 1));
    IS(MINITOK_ARGUMENT, minitok_stream_stopped(NULL, &number));
    IS(MINITOK_ARGUMENT, minitok_stream_stopped((minitok_stream *)tokenizer, &number));
    IS(MINITOK_ARGUMENT, minitok_stream_stopped(stream, NULL));
    IS(MINITOK_OK, minitok_encode(tokenizer, "It is 42.</answer> Also,", 24, 0, ids, 32, &count));
    for (int turn = 0; turn < 2; turn++) { /* the second text has the same stop strings */
        char all[32];
        size_t done = 0;
        for (size_t at = 0; at < count; at++) {
            IS(MINITOK_OK, minitok_stream_push(stream, ids[at], &said, &length));
            memcpy(all + done, said, length);
            done += length;
        }
        IS(MINITOK_ARGUMENT, minitok_stream_stop(stream, "a", 1));
        SAYS("given after the first id");
        IS(MINITOK_OK, minitok_stream_finish(stream, &said, &length));
        IS(0, length);
        IS(9, done);
        IS(0, memcmp(all, "It is 42.", 9));
        IS(MINITOK_OK, minitok_stream_stopped(stream, &number));
        IS(1, number);
    }
    IS(MINITOK_OK, minitok_stream_push(stream, ids[0], &said, &length));
    IS(2, length);
    IS(MINITOK_OK, minitok_stream_stopped(stream, &number));
    IS(-1, number);
    IS(MINITOK_OK, minitok_stream_free(stream));
}

static void streams(minitok_tokenizer *tokenizer, minitok_stream *stream) {
    uint32_t ids[9];
    const char *said = NULL;
    size_t count, length = 0;
    char all[32];
    size_t done = 0;
    IS(MINITOK_OK, minitok_encode(tokenizer, "na\xc3\xafve \xf0\x9f\x98\x80<|endoftext|>", 24, 1, ids, 9, &count));
    for (size_t number = 0; number < count; number++) {
        IS(MINITOK_ARGUMENT, minitok_stream_push(stream, ids[number], &said, NULL)); /* takes nothing */
        IS(MINITOK_ARGUMENT, minitok_stream_push(stream, ids[number], NULL, &length));
        IS(MINITOK_OK, minitok_stream_push(stream, ids[number], &said, &length));
        memcpy(all + done, said, length);
        done += length;
    }
    IS(MINITOK_OK, minitok_stream_finish(stream, &said, &length));
    IS(0, length);
    IS(11, done);
    IS(0, memcmp(all, "na\xc3\xafve \xf0\x9f\x98\x80", 11));
    IS(MINITOK_UNKNOWN_TOKEN, minitok_stream_push(stream, 4000000000u, &said, &length));
    IS(MINITOK_ARGUMENT, minitok_stream_push(NULL, 1, &said, &length));
    IS(MINITOK_ARGUMENT, minitok_stream_push((minitok_stream *)tokenizer, 1, &said, &length));
    SAYS("stream is a handle of another kind");
    IS(MINITOK_ARGUMENT, minitok_stream_finish(NULL, &said, &length));
    IS(MINITOK_ARGUMENT, minitok_stream_free((minitok_stream *)tokenizer));
    IS(MINITOK_ARGUMENT, minitok_free((minitok_tokenizer *)stream));
    minitok_stream *wild = (void *)5, *none = wild;
    IS(MINITOK_ARGUMENT, minitok_stream_new(NULL, 0, &none));
    IS(1, none == NULL);
    none = wild;
    IS(MINITOK_ARGUMENT, minitok_stream_new(tokenizer, -1, &none));
    IS(1, none == NULL);
    IS(MINITOK_ARGUMENT, minitok_stream_new(tokenizer, 0, NULL));
}

int main(int argc, char **argv) {
    minitok_tokenizer *tokenizer;
    minitok_stream *stream;
    if (argc != 3) return 2; /* the version, and a tokenizer's file */
    IS(0, strcmp(minitok_version(), argv[1]));
    IS(0, strlen(minitok_last_error()));
    IS(MINITOK_OK, minitok_encoding("gpt-4o", 6, &tokenizer));
    IS(MINITOK_OK, minitok_stream_new(tokenizer, 1, &stream));
    tokenizers(argv[2]);
    texts(tokenizer, stream);
    IS(MINITOK_OK, minitok_free(tokenizer)); /* a stream outlives its tokenizer */
    IS(MINITOK_OK, minitok_encoding("o200k_base", 10, &tokenizer));
    limits(tokenizer);
    stops(tokenizer);
    streams(tokenizer, stream);
    IS(MINITOK_OK, minitok_stream_free(stream));
    IS(MINITOK_OK, minitok_free(tokenizer));
    printf("%d checks\n", checks);
    return 0;
}
