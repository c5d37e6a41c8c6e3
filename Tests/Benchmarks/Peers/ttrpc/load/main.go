// A load client on ttrpc: a client for each connection, a goroutine for each call in flight.
package main

// #cgo LDFLAGS: -lmeasure
// #include "measure.h"
import "C"

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"time"
	"unsafe"

	"github.com/containerd/ttrpc"
	"github.com/gogo/protobuf/proto"

	stopmessages "cutover/v1"
)

// The call that is measured: makes the request, an empty message for the answer, and compares an answer that came.
type shape struct {
	service, method string
	request         proto.Message
	newResponse     func() proto.Message
	isAnswer        func(proto.Message) bool
}

func stopShape(request, response []byte) shape {
	message, expected := &stopmessages.StopTaskRequest{}, &stopmessages.StopTaskResponse{}
	if proto.Unmarshal(request, message) != nil || proto.Unmarshal(response, expected) != nil || expected.Stop == nil {
		log.Fatal("a file holds another message")
	}
	return shape{
		"cutover.v1.StopService", "StopTask", message,
		func() proto.Message { return &stopmessages.StopTaskResponse{} },
		func(answer proto.Message) bool {
			found := answer.(*stopmessages.StopTaskResponse)
			if found.Size() != len(response) || found.Stop == nil {
				return false
			}
			stop, other := found.Stop, expected.Stop
			return found.Result == expected.Result && found.Status == expected.Status && stop.Id == other.Id &&
				stop.TaskId == other.TaskId && stop.TaskName == other.TaskName && stop.RequestId == other.RequestId &&
				stop.Reason == other.Reason && stop.Phase == other.Phase && stop.DrainDeadlineMs == other.DrainDeadlineMs
		},
	}
}

func echoShape(request []byte) shape {
	message := &stopmessages.EchoRequest{}
	if err := proto.Unmarshal(request, message); err != nil {
		log.Fatal("the request file holds no EchoRequest")
	}
	return shape{
		"cutover.v1.Echo", "Echo", message,
		func() proto.Message { return &stopmessages.EchoResponse{} },
		func(answer proto.Message) bool {
			return bytes.Equal(answer.(*stopmessages.EchoResponse).Payload, message.Payload)
		},
	}
}

// Calls one after the other until the end; gives the latencies in nanoseconds of those that ended from `begin` on.
func calls(client *ttrpc.Client, shape shape, timeout time.Duration, begin, end C.uint64_t) []C.uint64_t {
	latencies := make([]C.uint64_t, 0, 1<<14)
	for now := C.measure_now_ns(); now < end; {
		sent := now
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		response := shape.newResponse()
		err := client.Call(ctx, shape.service, shape.method, shape.request, response)
		cancel()
		if err != nil {
			log.Fatal(err)
		}
		if !shape.isAnswer(response) {
			log.Fatal("a wrong answer")
		}
		now = C.measure_now_ns()
		if now >= begin && now <= end {
			latencies = append(latencies, now-sent)
		}
	}
	return latencies
}

func options() C.measure_options {
	arguments := make([]*C.char, len(os.Args)+1)
	for i, argument := range os.Args {
		arguments[i] = C.CString(argument)
	}
	return C.measure_parse_options(C.int(len(os.Args)), (**C.char)(unsafe.Pointer(&arguments[0])))
}

func main() {
	options := options()
	request := C.GoBytes(unsafe.Pointer(options.request), C.int(options.request_length))
	var call shape
	if bool(options.is_echo) {
		call = echoShape(request)
	} else {
		call = stopShape(request, C.GoBytes(unsafe.Pointer(options.response), C.int(options.response_length)))
	}
	var clients []*ttrpc.Client
	for i := 0; i < int(options.connections); i++ {
		connection, err := net.Dial("tcp4", fmt.Sprintf("%s:%d", C.GoString(options.host), options.port))
		if err != nil {
			log.Fatal(err)
		}
		clients = append(clients, ttrpc.NewClient(connection))
	}

	begin := C.measure_now_ns() + C.uint64_t(options.warmup_ms)*1000000
	end := begin + C.uint64_t(options.measure_ms)*1000000
	slots := make(chan []C.uint64_t)
	for _, client := range clients {
		for i := 0; i < int(options.in_flight); i++ {
			go func(client *ttrpc.Client) {
				slots <- calls(client, call, time.Duration(options.timeout_ms)*time.Millisecond, begin, end)
			}(client)
		}
	}
	time.Sleep(time.Duration(options.warmup_ms) * time.Millisecond)
	window := C.measure_begin(options.server_pid, nil)
	time.Sleep(time.Duration(options.measure_ms) * time.Millisecond)
	C.measure_end(&window)

	histogram := C.measure_histogram_create()
	for range make([]struct{}, len(clients)*int(options.in_flight)) {
		for _, latency := range <-slots {
			C.measure_histogram_record(histogram, latency)
		}
	}
	C.measure_print(&window, histogram, 0)
}
