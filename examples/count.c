/* Counts the tokens of what is typed, and shows its beginning as it would be streamed: after `make c`,
 *
 *     cc examples/count.c -I dist/c -L dist/c -lminitok -Wl,-rpath,dist/c -o count && ./count o200k_base < README.md
 */
#include <minitok.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(minitok_status status) {
    if (status != MINITOK_OK) {
        fprintf(stderr, "%s\n", minitok_last_error());
        exit(1);
    }
}

int main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "o200k_base";
    static char text[1 << 20];
    size_t length = fread(text, 1, sizeof text, stdin), count = 0, room = 0;
    minitok_tokenizer *tokenizer;
    minitok_stream *stream;
    const char *said;

    check(minitok_encoding(name, strlen(name), &tokenizer));
    check(minitok_count(tokenizer, text, length, &count));
    printf("%zu tokens\n", count);

    uint32_t *ids = malloc((count + 1) * sizeof *ids);
    check(minitok_encode(tokenizer, text, length, 0, ids, count, &count));
    check(minitok_stream_new(tokenizer, 1, &stream));
    for (size_t number = 0; number < count && number < 16; number++) {
        check(minitok_stream_push(stream, ids[number], &said, &room));
        fwrite(said, 1, room, stdout);
    }
    check(minitok_stream_finish(stream, &said, &room));
    printf("%.*s\n", (int)room, said);

    free(ids);
    check(minitok_stream_free(stream));
    check(minitok_free(tokenizer));
    return 0;
}
