-- A dissector of the Cutover protocol (proto/PROTOCOL.md) for Wireshark and tshark 4.0 and later.
--
--   tshark -X lua_script:dev/wireshark/cutover.lua -r capture.pcap -Y cutover
--   Wireshark: copy or link it into the folder named under Help, About, Folders, "Personal Lua Plugins".
--
-- It takes TCP port 7450, any TCP connection that begins with a preface, and TLS with ALPN cutover/1. Payloads of calls
-- are shown as bytes, errors are decoded. Credentials (HELLO key 5, metadata "auth") are shown by their length only.

local cutover = Proto("cutover", "Cutover RPC")

local PORT = 7450
local HEADER_BYTES = 16
local PREFACE_BYTES = 8
local PREFACE_MAGIC = 0xB5525043
local MAX_FRAME = 16777215
local MAX_HELLO = 8192

local HELLO, REQUEST, RESPONSE, ITEM, CREDIT, CANCEL, PING, PONG, GOAWAY, DRAINED = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10

local types = {
    [HELLO] = "HELLO", [REQUEST] = "REQUEST", [RESPONSE] = "RESPONSE", [ITEM] = "ITEM", [CREDIT] = "CREDIT",
    [CANCEL] = "CANCEL", [PING] = "PING", [PONG] = "PONG", [GOAWAY] = "GOAWAY", [DRAINED] = "DRAINED",
}

local statuses = {
    [0] = "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
    "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
}

local goaway_reasons = {
    [0] = "drain", "protocol", "frame size", "version", "unsupported", "flow control", "too many faults", "timeout",
    "idle", "unauthenticated", "overloaded", "maximum age", "revoked",
}

local cancel_reasons = { "user", "deadline", "hedge lost" }

-- Numbers that are not the hash of a name.
local reserved_methods = {
    [1] = "Health.Check", [2] = "Health.Watch", [3] = "Reflection.List", [4] = "Stats.Get", [5] = "Echo",
}

-- Every method of proto/cutover/v1/*.proto whose number is the hash of its name; a test holds the list to them.
local hashed_methods = {
    "cutover.v1.AlarmService/ListAlarms",
    "cutover.v1.AlarmService/WatchAlarms",
    "cutover.v1.AuditService/ReadAudit",
    "cutover.v1.BatchStopService/BatchStop",
    "cutover.v1.BatchStopService/CancelBatchStop",
    "cutover.v1.BatchStopService/GetBatchStop",
    "cutover.v1.BatchStopService/ListBatchStops",
    "cutover.v1.BatchStopService/WatchBatchStop",
    "cutover.v1.StopService/CancelStop",
    "cutover.v1.StopService/FinishResidue",
    "cutover.v1.StopService/GetStop",
    "cutover.v1.StopService/PlanStop",
    "cutover.v1.StopService/StopTask",
    "cutover.v1.TaskService/ConfigureTask",
    "cutover.v1.TaskService/CreateTask",
    "cutover.v1.TaskService/DeleteTask",
    "cutover.v1.TaskService/GetTask",
    "cutover.v1.TaskService/ListActions",
    "cutover.v1.TaskService/ListTasks",
    "cutover.v1.TaskService/PauseTask",
    "cutover.v1.TaskService/ResumeTask",
    "cutover.v1.TaskService/StartTask",
    "cutover.v1.TaskService/WatchTasks",
}

-- FNV-1a over 32 bits. Plain arithmetic, because the bit libraries differ between the Luas of Wireshark's versions.
local function fnv1a(text)
    local hash = 2166136261
    for index = 1, #text do
        local byte, low, mixed, bit = text:byte(index), hash % 256, 0, 1
        for _ = 1, 8 do
            if byte % 2 ~= low % 2 then mixed = mixed + bit end
            byte, low, bit = math.floor(byte / 2), math.floor(low / 2), bit * 2
        end
        hash = hash - hash % 256 + mixed
        -- times 2^24 + 403, modulo 2^32, in parts that a double holds exactly
        hash = (hash % 256 * 16777216 + hash * 403) % 4294967296
    end
    return hash
end

local methods = {}
for number, name in pairs(reserved_methods) do methods[number] = name end
for _, name in ipairs(hashed_methods) do methods[fnv1a(name)] = name:match("[^.]+$"):gsub("/", ".") end

-- ---------------------------------------------------------------- fields

local f = {
    preface = ProtoField.bytes("cutover.preface", "Preface"),
    major = ProtoField.uint8("cutover.preface.major", "Major version"),
    minor = ProtoField.uint8("cutover.preface.minor", "Minor version"),
    length = ProtoField.uint32("cutover.length", "Length"),
    type = ProtoField.uint8("cutover.type", "Type", base.HEX, types),
    flags = ProtoField.uint8("cutover.flags", "Flags", base.HEX),
    stream = ProtoField.bool("cutover.flags.stream", "STREAM", 8, nil, 0x01),
    idempotent = ProtoField.bool("cutover.flags.idempotent", "IDEMPOTENT", 8, nil, 0x02),
    not_executed = ProtoField.bool("cutover.flags.not_executed", "NOT_EXECUTED", 8, nil, 0x01),
    meta_len = ProtoField.uint16("cutover.meta_len", "Metadata length"),
    slot = ProtoField.uint32("cutover.slot", "Slot"),
    aux = ProtoField.uint32("cutover.aux", "Aux", base.HEX),
    method = ProtoField.uint32("cutover.method", "Method", base.HEX),
    method_name = ProtoField.string("cutover.method.name", "Method name"),
    timeout = ProtoField.uint32("cutover.timeout_ms", "Timeout (ms, 0 is none)"),
    credit = ProtoField.uint32("cutover.credit", "Initial credit (bytes)"),
    status = ProtoField.uint8("cutover.status", "Status", base.DEC, statuses),
    retry_after = ProtoField.uint24("cutover.retry_after_ms", "Retry after (ms, 0 is no hint, 16777215 is never)"),
    meta_key = ProtoField.string("cutover.metadata.key", "Key"),
    meta_value = ProtoField.bytes("cutover.metadata.value", "Value"),
    meta_text = ProtoField.string("cutover.metadata.text", "Value as text"),
    meta_hidden = ProtoField.uint16("cutover.metadata.hidden_length", "Value (hidden), length"),
    payload = ProtoField.bytes("cutover.payload", "Payload"),
    error_message = ProtoField.string("cutover.error.message", "Message"),
    error_reason = ProtoField.string("cutover.error.reason", "Reason"),
    error_key = ProtoField.string("cutover.error.detail.key", "Detail"),
    error_value = ProtoField.string("cutover.error.detail.value", "Detail value"),
    credit_bytes = ProtoField.uint32("cutover.credit.bytes", "Credit added (bytes)"),
    cancel_reason = ProtoField.uint32("cutover.cancel.reason", "Reason", base.DEC, cancel_reasons),
    opaque = ProtoField.bytes("cutover.ping.opaque", "Opaque"),
    goaway_reason = ProtoField.uint32("cutover.goaway.reason", "Reason", base.DEC, goaway_reasons),
    grace = ProtoField.uint32("cutover.goaway.grace_ms", "Grace (ms)"),
    goaway_text = ProtoField.string("cutover.goaway.text", "Text"),
    setting_key = ProtoField.uint16("cutover.hello.key", "Key"),
    max_frame = ProtoField.uint32("cutover.hello.max_frame", "max_frame (bytes)"),
    max_inflight = ProtoField.uint16("cutover.hello.max_inflight", "max_inflight (calls)"),
    stream_credit = ProtoField.uint32("cutover.hello.stream_credit", "stream_credit (bytes)"),
    features = ProtoField.uint64("cutover.hello.features", "features", base.HEX),
    auth_length = ProtoField.uint16("cutover.hello.auth_length", "auth (hidden), length"),
    agent = ProtoField.string("cutover.hello.agent", "agent"),
    min_ping = ProtoField.uint32("cutover.hello.min_ping_ms", "min_ping_ms"),
    idle = ProtoField.uint32("cutover.hello.idle_ms", "idle_ms"),
    instance = ProtoField.bytes("cutover.hello.instance", "instance"),
    schema = ProtoField.uint64("cutover.hello.schema", "schema", base.HEX),
    version_low = ProtoField.uint8("cutover.hello.version_low", "Lowest major version"),
    version_high = ProtoField.uint8("cutover.hello.version_high", "Highest major version"),
    setting_value = ProtoField.bytes("cutover.hello.value", "Value"),
    extension = ProtoField.bytes("cutover.extension", "Extension body"),
    request_in = ProtoField.framenum("cutover.request_in", "Request in", base.NONE, frametype.REQUEST),
}
local field_list = {}
for _, field in pairs(f) do field_list[#field_list + 1] = field end
cutover.fields = field_list

local e = {
    malformed = ProtoExpert.new(
        "cutover.malformed", "Breaks a rule of the protocol", expert.group.MALFORMED, expert.severity.ERROR),
    unknown = ProtoExpert.new(
        "cutover.unknown_type", "Unknown frame type", expert.group.UNDECODED, expert.severity.WARN),
    failed = ProtoExpert.new("cutover.failed", "The call failed", expert.group.RESPONSE_CODE, expert.severity.NOTE),
    ended = ProtoExpert.new(
        "cutover.ended", "The server ends the connection", expert.group.RESPONSE_CODE, expert.severity.NOTE),
}
cutover.experts = { e.malformed, e.unknown, e.failed, e.ended }

-- ---------------------------------------------------------------- which call a slot holds

local stream_field = Field.new("tcp.stream")
-- By connection and slot: the call that was last seen to begin.
local open_calls = {}
-- By packet and offset: the call that a frame belongs to; a second pass over the packets meets slots used again.
local calls_of_frames = {}

function cutover.init()
    open_calls = {}
    calls_of_frames = {}
end

local function slot_key(slot)
    local stream = stream_field()
    return stream and (tostring(stream.value) .. ":" .. slot)
end

local function remember_call(pinfo, slot, method)
    local key = slot_key(slot)
    if key and not pinfo.visited then open_calls[key] = { method = method, number = pinfo.number } end
end

local function call_of(pinfo, offset, slot)
    local place = pinfo.number .. ":" .. offset
    if not pinfo.visited then
        local key = slot_key(slot)
        calls_of_frames[place] = key and open_calls[key]
    end
    return calls_of_frames[place]
end

local function method_name(number)
    return methods[number] or string.format("method %08X", number)
end

-- ---------------------------------------------------------------- parts of bodies

local function add_settings(body, tree)
    local numbers = {
        { f.max_frame, 4 }, { f.max_inflight, 2 }, { f.stream_credit, 4 }, { f.features, 8 }, nil, nil,
        { f.min_ping, 4 }, { f.idle, 4 }, { f.instance, 16 }, { f.schema, 8 },
    }
    local offset = 0
    while offset < body:len() do
        local left = body:len() - offset
        local length = left >= 4 and body(offset + 2, 2):uint() or 0
        if left < 4 or length > left - 4 then
            tree:add_proto_expert_info(e.malformed, "HELLO holds part of a setting")
            return
        end
        local key = body(offset, 2):uint()
        tree:add(f.setting_key, body(offset, 2))
        local known = numbers[key]
        if key == 5 then
            -- Over the length alone, so that no output form shows the token.
            tree:add(f.auth_length, body(offset + 2, 2))
        elseif key == 6 and length > 0 then
            tree:add(f.agent, body(offset + 4, length))
        elseif key == 11 and length == 2 then
            tree:add(f.version_low, body(offset + 4, 1))
            tree:add(f.version_high, body(offset + 5, 1))
        elseif known and known[2] == length then
            tree:add(known[1], body(offset + 4, length))
        elseif known or key == 11 then
            tree:add_proto_expert_info(e.malformed, "a setting has the wrong length")
        elseif length > 0 then
            tree:add(f.setting_value, body(offset + 4, length))
        end
        offset = offset + 4 + length
    end
end

local function add_metadata(block, tree)
    local offset, size = 0, block:len()
    while offset < size do
        local key_length = block(offset, 1):uint()
        local value_at = offset + 1 + key_length + 2
        local value_length = value_at <= size and block(value_at - 2, 2):uint()
        if not value_length or value_at + value_length > size or key_length == 0 then
            tree:add_proto_expert_info(e.malformed, "the metadata is no whole entries")
            return
        end
        local key = block(offset + 1, key_length)
        tree:add(f.meta_key, key)
        if key_length > 64 or key:raw():find("[^a-z0-9._-]") then
            tree:add_proto_expert_info(e.malformed, "a metadata key is 1 to 64 bytes of [a-z0-9._-]")
        end
        if key:string() == "auth" then
            tree:add(f.meta_hidden, block(value_at - 2, 2))
        elseif value_length > 0 then
            local value = block(value_at, value_length)
            tree:add(f.meta_value, value)
            if not value:raw():find("[^\32-\126]") then tree:add(f.meta_text, value) end
        end
        offset = value_at + value_length
    end
end

-- Calls `visit` with number and bytes of each length-delimited field of a protobuf message. False when it is malformed.
local function each_field(range, visit)
    local offset, size = 0, range:len()
    local function varint()
        local value, factor = 0, 1
        for _ = 1, 10 do
            if offset >= size then return nil end
            local byte = range(offset, 1):uint()
            offset = offset + 1
            value = value + byte % 128 * factor
            if byte < 128 then return value end
            factor = factor * 128
        end
    end
    while offset < size do
        local tag = varint()
        if not tag then return false end
        local number, wire = math.floor(tag / 8), tag % 8
        local length = wire == 1 and 8 or wire == 5 and 4
        if wire == 0 then
            if not varint() then return false end
        elseif wire == 2 or length then
            length = length or varint()
            if not length or length > size - offset then return false end
            if wire == 2 then visit(number, length > 0 and range(offset, length) or nil) end
            offset = offset + length
        else
            return false
        end
    end
    return true
end

-- Shows cutover.v1.ErrorInfo; returns its reason and message.
local function add_error(range, tree)
    local reason, message
    local is_whole = each_field(range, function(number, value)
        if not value then return end
        if number == 1 then
            message = value:string()
            tree:add(f.error_message, value)
        elseif number == 2 then
            reason = value:string()
            tree:add(f.error_reason, value)
        elseif number == 3 then
            each_field(value, function(part, text)
                if text and part == 1 then tree:add(f.error_key, text) end
                if text and part == 2 then tree:add(f.error_value, text) end
            end)
        end
    end)
    if not is_whole then tree:add_proto_expert_info(e.malformed, "the error is not a cutover.v1.ErrorInfo") end
    return reason or message
end

-- Shows metadata and returns what is behind it, or nil when that is nothing.
local function split_body(body, meta_len, tree)
    if meta_len > body:len() then return nil end
    if meta_len > 0 then add_metadata(body(0, meta_len):tvb(), tree) end
    return body:len() > meta_len and body(meta_len) or nil
end

-- ---------------------------------------------------------------- frames

local function add_call_of(pinfo, offset, slot, tree)
    local call = call_of(pinfo, offset, slot)
    if not call then return "" end
    tree:add(f.method, call.method):set_generated()
    tree:add(f.method_name, method_name(call.method)):set_generated()
    tree:add(f.request_in, call.number):set_generated()
    return " " .. method_name(call.method)
end

local bodies = {}

bodies[HELLO] = function(h)
    if h.body then add_settings(h.body:tvb(), h.tree) end
    return "HELLO"
end

bodies[REQUEST] = function(h)
    h.tree:add(f.stream, h.frame(5, 1))
    h.tree:add(f.idempotent, h.frame(5, 1))
    local number = h.frame(12, 4):uint()
    h.tree:add(f.method, h.frame(12, 4))
    h.tree:add(f.method_name, h.frame(12, 4), method_name(number)):set_generated()
    remember_call(h.pinfo, h.slot, number)
    if h.length < 8 then
        h.tree:add_proto_expert_info(e.malformed, "REQUEST is shorter than its prefix")
    else
        h.tree:add(f.timeout, h.frame(16, 4))
        h.tree:add(f.credit, h.frame(20, 4))
        if h.length > 8 then
            local payload = split_body(h.frame(24):tvb(), h.meta_len, h.tree)
            if payload then h.tree:add(f.payload, payload) end
        end
    end
    return "REQUEST " .. h.slot .. " " .. method_name(number)
end

bodies[RESPONSE] = function(h)
    h.tree:add(f.not_executed, h.frame(5, 1))
    h.tree:add(f.retry_after, h.frame(12, 3))
    local status = h.frame(15, 1):uint()
    h.tree:add(f.status, h.frame(15, 1))
    local what = "RESPONSE " .. h.slot .. add_call_of(h.pinfo, h.offset, h.slot, h.tree)
        .. " " .. (statuses[status] or "UNKNOWN")
    local payload = h.body and split_body(h.body:tvb(), h.meta_len, h.tree)
    if payload then h.tree:add(f.payload, payload) end
    if status ~= 0 then
        local reason = payload and add_error(payload, h.tree)
        h.tree:add_proto_expert_info(e.failed, statuses[status] or "UNKNOWN")
        if reason then what = what .. " (" .. reason .. ")" end
    end
    return what
end

bodies[ITEM] = function(h)
    local what = "ITEM " .. h.slot .. add_call_of(h.pinfo, h.offset, h.slot, h.tree)
    local payload = h.body and split_body(h.body:tvb(), h.meta_len, h.tree)
    if payload then h.tree:add(f.payload, payload) end
    return what
end

bodies[CREDIT] = function(h)
    local bytes = h.frame(12, 4):uint()
    h.tree:add(f.credit_bytes, h.frame(12, 4))
    if bytes == 0 or bytes > 2147483647 then
        h.tree:add_proto_expert_info(e.malformed, "CREDIT is 1 to 2^31-1")
    end
    return "CREDIT " .. h.slot .. " +" .. bytes
end

bodies[CANCEL] = function(h)
    local reason = h.frame(12, 4):uint()
    h.tree:add(f.cancel_reason, h.frame(12, 4))
    if not cancel_reasons[reason] then h.tree:add_proto_expert_info(e.malformed, "a CANCEL without a known reason") end
    return "CANCEL " .. h.slot .. " " .. (cancel_reasons[reason] or reason)
end

local function ping(h)
    if h.length == 8 then
        h.tree:add(f.opaque, h.body)
    else
        h.tree:add_proto_expert_info(e.malformed, "PING and PONG hold 8 bytes")
    end
    return types[h.type]
end
bodies[PING] = ping
bodies[PONG] = ping

bodies[GOAWAY] = function(h)
    local reason = h.frame(12, 4):uint()
    h.tree:add(f.goaway_reason, h.frame(12, 4))
    if h.length < 4 or h.length > 260 then
        h.tree:add_proto_expert_info(e.malformed, "GOAWAY holds 4 to 260 bytes")
    else
        h.tree:add(f.grace, h.body(0, 4))
        if h.length > 4 then h.tree:add(f.goaway_text, h.body(4)) end
    end
    h.tree:add_proto_expert_info(e.ended, "GOAWAY: " .. (goaway_reasons[reason] or reason))
    return "GOAWAY " .. (goaway_reasons[reason] or reason)
end

bodies[DRAINED] = function() return "DRAINED" end

-- What is wrong with a header by itself, or nil. The rules FRAME-6 to FRAME-11.
local function header_fault(h)
    local defined = ({ [REQUEST] = 0x03, [RESPONSE] = 0x01 })[h.type] or 0
    if h.flags > defined then return "a flag that is not defined is set" end
    local is_of_call = h.type >= REQUEST and h.type <= CANCEL
    if is_of_call == (h.slot == 0) then return "the slot does not fit the type" end
    if h.meta_len > 0 and h.type ~= REQUEST and h.type ~= RESPONSE and h.type ~= ITEM then
        return "meta_len in a frame without metadata"
    end
    if h.meta_len > h.length - (h.type == REQUEST and h.length >= 8 and 8 or 0) then
        return "meta_len is over the body"
    end
    if h.frame(12, 4):uint() ~= 0 and (h.type == HELLO or h.type == ITEM or h.type == PING or h.type == PONG
        or h.type == DRAINED) then
        return "aux is not 0"
    end
    if h.length > 0 and (h.type == CREDIT or h.type == CANCEL or h.type == DRAINED) then
        return "a body where there is none"
    end
    if h.type == HELLO and h.length > MAX_HELLO then return "HELLO is too long" end
end

local function dissect_frame(frame, offset, pinfo, root)
    local h = {
        frame = frame, pinfo = pinfo, offset = offset, length = frame(0, 4):uint(), type = frame(4, 1):uint(),
        flags = frame(5, 1):uint(), meta_len = frame(6, 2):uint(), slot = frame(8, 4):uint(),
    }
    h.body = h.length > 0 and frame(HEADER_BYTES) or nil
    h.tree = root:add(cutover, frame)
    h.tree:add(f.length, frame(0, 4))
    h.tree:add(f.type, frame(4, 1))
    h.tree:add(f.flags, frame(5, 1))
    h.tree:add(f.meta_len, frame(6, 2))
    h.tree:add(f.slot, frame(8, 4))
    h.tree:add(f.aux, frame(12, 4))
    local what
    if bodies[h.type] then
        local fault = header_fault(h)
        if fault then h.tree:add_proto_expert_info(e.malformed, fault) end
        what = bodies[h.type](h)
    else
        what = string.format(h.type >= 0x80 and "extension %02X" or "type %02X", h.type)
        if h.body then h.tree:add(f.extension, h.body) end
        if h.type < 0x80 then h.tree:add_proto_expert_info(e.unknown) end
    end
    h.tree:set_text("Cutover: " .. what)
    return what
end

local function dissect_preface(range, root)
    local tree = root:add(cutover, range, "Cutover: preface")
    tree:add(f.preface, range)
    tree:add(f.major, range(4, 1))
    tree:add(f.minor, range(5, 1))
    if range(6, 2):uint() ~= 0 then tree:add_proto_expert_info(e.malformed, "the last two bytes are 0") end
    return string.format("preface %d.%d", range(4, 1):uint(), range(5, 1):uint())
end

function cutover.dissector(tvb, pinfo, root)
    pinfo.cols.protocol = "CUTOVER"
    local seen = {}
    local offset, size = 0, tvb:len()
    -- Of a packet that was not captured whole, nothing more will come.
    local is_cut = size < tvb:reported_len()
    while offset < size do
        local left = size - offset
        local needed
        if left < 4 then
            needed = HEADER_BYTES
        elseif tvb(offset, 4):uint() == PREFACE_MAGIC then
            needed = PREFACE_BYTES
        elseif tvb(offset, 4):uint() > MAX_FRAME then
            -- No frame is that long: what follows cannot be cut into frames any more.
            local tree = root:add(cutover, tvb(offset), "Cutover: bytes that are no frame")
            tree:add_proto_expert_info(e.malformed, "length is over the greatest max_frame")
            seen[#seen + 1] = "bytes that are no frame"
            break
        else
            needed = HEADER_BYTES + tvb(offset, 4):uint()
        end
        if left < needed then
            if not is_cut then
                pinfo.desegment_offset = offset
                pinfo.desegment_len = left < 4 and DESEGMENT_ONE_MORE_SEGMENT or needed - left
            end
            break
        end
        if needed == PREFACE_BYTES then
            seen[#seen + 1] = dissect_preface(tvb(offset, needed), root)
        else
            seen[#seen + 1] = dissect_frame(tvb(offset, needed), offset, pinfo, root)
        end
        offset = offset + needed
    end
    -- The blank parts it from what a further frame in the same segment adds.
    if #seen > 0 then pinfo.cols.info = table.concat(seen, ", ") .. " " end
    return size
end

-- A preface, or the server's HELLO: what the first packet of either side begins with.
local function begins_connection(tvb)
    if tvb:len() >= 4 and tvb(0, 4):uint() == PREFACE_MAGIC then return true end
    return tvb:len() >= HEADER_BYTES and tvb(0, 4):uint() <= MAX_HELLO and tvb(4, 4):uint() == HELLO * 0x1000000
        and tvb(8, 4):uint() == 0 and tvb(12, 4):uint() == 0
end

cutover:register_heuristic("tcp", function(tvb, pinfo, root)
    if not begins_connection(tvb) then return false end
    cutover.dissector(tvb, pinfo, root)
    pinfo.conversation = cutover
    return true
end)

DissectorTable.get("tcp.port"):add(PORT, cutover)
-- The table exists only in builds with TLS.
local has_tls, alpn = pcall(DissectorTable.get, "tls.alpn")
if has_tls and alpn then alpn:add("cutover/1", cutover) end
