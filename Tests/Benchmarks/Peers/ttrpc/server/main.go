// ttrpc with its defaults: stops of one task, and echo.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"time"

	"github.com/containerd/ttrpc"
	"github.com/gogo/protobuf/proto"

	stopmessages "cutover/v1"
)

// A server that was left behind ends after this time.
const lifetime = 900 * time.Second

func answer(accepted *stopmessages.StopTaskResponse, request *stopmessages.StopTaskRequest) *stopmessages.StopTaskResponse {
	response, stop := *accepted, *accepted.Stop
	response.Stop = &stop
	stop.TaskId = request.TaskId
	stop.RequestId = request.RequestId
	stop.Reason = request.Reason
	stop.ModeAsked = request.Mode
	stop.DrainDeadlineMs = request.DrainDeadlineMs
	return &response
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: ttrpc_server RESPONSE_FILE")
		os.Exit(2)
	}
	time.AfterFunc(lifetime, func() { os.Exit(1) })
	bytes, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	accepted := &stopmessages.StopTaskResponse{}
	if err := proto.Unmarshal(bytes, accepted); err != nil || accepted.Stop == nil {
		log.Fatal("the response file holds no StopTaskResponse")
	}
	server, err := ttrpc.NewServer()
	if err != nil {
		log.Fatal(err)
	}
	server.Register("cutover.v1.StopService", map[string]ttrpc.Method{
		"StopTask": func(_ context.Context, unmarshal func(interface{}) error) (interface{}, error) {
			request := stopmessages.StopTaskRequest{}
			if err := unmarshal(&request); err != nil {
				return nil, err
			}
			return answer(accepted, &request), nil
		},
	})
	server.Register("cutover.v1.Echo", map[string]ttrpc.Method{
		"Echo": func(_ context.Context, unmarshal func(interface{}) error) (interface{}, error) {
			request := stopmessages.EchoRequest{}
			if err := unmarshal(&request); err != nil {
				return nil, err
			}
			return &stopmessages.EchoResponse{Payload: request.Payload}, nil
		},
	})
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening", listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(server.Serve(context.Background(), listener))
}
