@0x80d1450ceaa708e4;
# What StopTaskRequest and StopTaskResponse of the benchmarks hold, for Cap'n Proto: the fields that are set in
# stop-request.txtpb and stop-response.txtpb, with the types that they have in proto/cutover/v1.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("bench");

struct StopTaskRequest {
  taskId @0 :Text;
  mode @1 :Int32;
  reason @2 :Text;
  requestId @3 :Text;
  drainDeadlineMs @4 :UInt32;
}

struct Stop {
  id @0 :Text;
  taskId @1 :Text;
  taskName @2 :Text;
  requestId @3 :Text;
  reason @4 :Text;
  modeAsked @5 :Int32;
  modeTaken @6 :Int32;
  phase @7 :Int32;
  acceptedAtMs @8 :Int64;
  statusBefore @9 :Int32;
  requestedPosition @10 :Text;
  drainDeadlineMs @11 :UInt32;
}

struct StopTaskResponse {
  result @0 :Int32;
  stop @1 :Stop;
  status @2 :Int32;
}

interface Peer {
  stopTask @0 (request :StopTaskRequest) -> (response :StopTaskResponse);
  echo @1 (payload :Data) -> (payload :Data);
}
