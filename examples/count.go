// Counts the tokens of what is typed, and shows it as it would be streamed, up to an empty line: after `make c`,
//
//	export CGO_CFLAGS="-I$PWD/dist/c" CGO_LDFLAGS="-L$PWD/dist/c -lminitok -Wl,-rpath,$PWD/dist/c"
//	go run examples/count.go o200k_base < README.md
package main

/*
#include <minitok.h>
*/
import "C"

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"unsafe"
)

// An error of the library. Its message is that of the thread, so this goroutine stays on its thread until it has it.
func call(what func() C.minitok_status) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if what() == C.MINITOK_OK {
		return nil
	}
	return errors.New(C.GoString(C.minitok_last_error()))
}

func check(what func() C.minitok_status) {
	if err := call(what); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Where bytes are, and how many; null if there are none.
func pointer(bytes []byte) (*C.char, C.size_t) {
	if len(bytes) == 0 {
		return nil, 0
	}
	return (*C.char)(unsafe.Pointer(&bytes[0])), C.size_t(len(bytes))
}

func main() {
	name := "o200k_base"
	if len(os.Args) > 1 {
		name = os.Args[1]
	}
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	var tokenizer *C.minitok_tokenizer
	check(func() C.minitok_status {
		name, length := pointer([]byte(name))
		return C.minitok_encoding(name, length, &tokenizer)
	})
	defer C.minitok_free(tokenizer)

	var count C.size_t
	check(func() C.minitok_status {
		text, length := pointer(text)
		return C.minitok_count(tokenizer, text, length, &count)
	})
	fmt.Println(count, "tokens")

	ids := make([]C.uint32_t, count+1)
	check(func() C.minitok_status {
		text, length := pointer(text)
		return C.minitok_encode(tokenizer, text, length, 0, &ids[0], count, &count)
	})
	var stream *C.minitok_stream
	check(func() C.minitok_status { return C.minitok_stream_new(tokenizer, 1, &stream) })
	defer C.minitok_stream_free(stream)
	check(func() C.minitok_status {
		stop, length := pointer([]byte("\n\n"))
		return C.minitok_stream_stop(stream, stop, length)
	})
	var said *C.char
	var length C.size_t
	for _, id := range ids[:count] {
		check(func() C.minitok_status { return C.minitok_stream_push(stream, id, &said, &length) })
		os.Stdout.Write(C.GoBytes(unsafe.Pointer(said), C.int(length)))
	}
	check(func() C.minitok_status { return C.minitok_stream_finish(stream, &said, &length) })
	fmt.Printf("%s\n", C.GoBytes(unsafe.Pointer(said), C.int(length)))
}
