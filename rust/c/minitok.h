/* minitok for C, and for whatever calls C.
 *
 * A pointer comes with a length, in items; it may be NULL where the length is 0. Text is UTF-8 and has no zero at its end. Every
 * function but the last two answers with a minitok_status; minitok_last_error() tells what was wrong. When a call fails, what it
 * would have written is not there: a handle is NULL, all else is as it was.
 *
 * A minitok_tokenizer never changes, and threads may share it. A minitok_stream is for one thread at a time. A stream may outlive
 * its tokenizer. Free each handle once, when no call uses it any more.
 *
 * Checked, with MINITOK_ARGUMENT: pointers that are NULL or not aligned, handles of another kind, lengths beyond what memory has,
 * values that do not exist; with MINITOK_NOT_UTF8: text. Not checked: pointers to memory that is not yours, lengths beyond what you
 * have there, handles that were freed.
 */
#ifndef MINITOK_H
#define MINITOK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct minitok_tokenizer minitok_tokenizer;
typedef struct minitok_stream minitok_stream;

typedef int32_t minitok_status;
enum {
    MINITOK_OK = 0,
    MINITOK_ARGUMENT = 1,
    MINITOK_TOO_SMALL = 2,
    MINITOK_NOT_UTF8 = 3,
    MINITOK_UNKNOWN_ENCODING = 4,
    MINITOK_FORMAT = 5,
    MINITOK_UNKNOWN_TOKEN = 6,
    MINITOK_MEMORY = 7,
    MINITOK_OTHER = 8,
    MINITOK_PANIC = 9
};

/* A published encoding, such as o200k_base, by its name or by that of a model that uses it. */
minitok_status minitok_encoding(const char *name, size_t length, minitok_tokenizer **tokenizer);

/* A tokenizer from the bytes of a file: tokenizer.json, SentencePiece's .model, tekken.json, GGUF, minitok's own. */
minitok_status minitok_load(const uint8_t *data, size_t length, minitok_tokenizer **tokenizer);

/* NULL is nothing. */
minitok_status minitok_free(minitok_tokenizer *tokenizer);

/* Writes the ids of a text, and how many they are to *count, also where there is no room for them (MINITOK_TOO_SMALL, and no id is
 * written). A text never has more ids than bytes, but where the file has a normalizer or puts a space before it. special: 0, special
 * tokens in the text are text; 1, they are found: for text that your program wrote. */
minitok_status minitok_encode(const minitok_tokenizer *tokenizer, const char *text, size_t length, int32_t special,
                              uint32_t *ids, size_t room, size_t *count);

/* How many ids a text has, special tokens being text. */
minitok_status minitok_count(const minitok_tokenizer *tokenizer, const char *text, size_t length, size_t *count);

/* How many bytes of a text remain if it is cut to at most limit ids: no character is cut, and the ids are the first ones of the text. */
minitok_status minitok_truncate(const minitok_tokenizer *tokenizer, const char *text, size_t length, size_t limit, size_t *kept);

/* Writes the text of ids, and how many bytes it has to *length, as minitok_encode does. Bytes that are not UTF-8 become U+FFFD. */
minitok_status minitok_decode(const minitok_tokenizer *tokenizer, const uint32_t *ids, size_t count,
                              char *text, size_t room, size_t *length);

/* What turns ids into text as they come. skip_special: 1, special tokens give no text. */
minitok_status minitok_stream_new(const minitok_tokenizer *tokenizer, int32_t skip_special, minitok_stream **stream);

/* One more string that ends the stream, also where several tokens make it: its text and what follows are not given, and what may be its
 * beginning is held back. Before the first id. It is a string for every text of this stream. */
minitok_status minitok_stream_stop(minitok_stream *stream, const char *text, size_t length);

/* The number of the string that the stream ended at, in the order in which they were given, from 0; -1 if it did not. It stays until the
 * first id of the next text. */
minitok_status minitok_stream_stopped(const minitok_stream *stream, int32_t *number);

/* The text that is certain now that an id has come, often none; never half a character. It stays until the next call with this stream. */
minitok_status minitok_stream_push(minitok_stream *stream, uint32_t id, const char **text, size_t *length);

/* The rest of the text. Another text may follow. */
minitok_status minitok_stream_finish(minitok_stream *stream, const char **text, size_t *length);

/* NULL is nothing. */
minitok_status minitok_stream_free(minitok_stream *stream);

/* The message of the last call of this thread that failed, with a zero at its end. It stays until the next one fails. Where a program may
 * move between threads from one call to the next, as in Go, keep it on its thread for both. */
const char *minitok_last_error(void);

/* The version of the library, with a zero at its end. */
const char *minitok_version(void);

#ifdef __cplusplus
}
#endif

#endif
