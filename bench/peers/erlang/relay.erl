%% A relay as one writes it in Erlang: a process per user, which owns her socket, and groups of
%% processes (pg). Text frames of up to 64 KiB, not in pieces; nothing else of RFC 6455.
-module(relay).
-export([start/0]).

-define(GUID, <<"258EAFA5-E914-47DA-95CA-C5AB0DC85B11">>).

start() ->
    {ok, _} = application:ensure_all_started(crypto),
    {ok, _} = pg:start_link(),
    Options = [binary, {ip, {127, 0, 0, 1}}, {packet, http_bin}, {active, false},
               {nodelay, true}, {backlog, 4096}],
    {ok, Listener} = gen_tcp:listen(0, Options),
    {ok, Port} = inet:port(Listener),
    io:format("listening on ws://127.0.0.1:~b~n", [Port]),
    accept(Listener).

accept(Listener) ->
    {ok, Socket} = gen_tcp:accept(Listener),
    Pid = spawn(fun() -> receive go -> upgrade(Socket, none) end end),
    ok = gen_tcp:controlling_process(Socket, Pid),
    Pid ! go,
    accept(Listener).

upgrade(Socket, Key) ->
    case gen_tcp:recv(Socket, 0) of
        {ok, {http_header, _, Name, _, Value}} when is_binary(Name) ->
            case string:lowercase(Name) of
                <<"sec-websocket-key">> -> upgrade(Socket, Value);
                _ -> upgrade(Socket, Key)
            end;
        {ok, http_eoh} when Key =/= none -> agree(Socket, Key);
        {ok, {http_error, _}} -> gen_tcp:close(Socket);
        {ok, http_eoh} -> gen_tcp:close(Socket);
        {ok, _} -> upgrade(Socket, Key);
        {error, _} -> gen_tcp:close(Socket)
    end.

agree(Socket, Key) ->
    Accept = base64:encode(crypto:hash(sha, <<Key/binary, ?GUID/binary>>)),
    ok = inet:setopts(Socket, [{packet, raw}, {active, once}]),
    ok = gen_tcp:send(Socket, [<<"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n",
                                 "Connection: Upgrade\r\nSec-WebSocket-Accept: ">>,
                               Accept, <<"\r\n\r\n">>]),
    serve(Socket, none, <<>>).

%% What a user hears and says.
serve(Socket, Group, Rest) ->
    receive
        {relay, Frame} ->
            ok = gen_tcp:send(Socket, Frame),
            serve(Socket, Group, Rest);
        {tcp, Socket, Bytes} ->
            ok = inet:setopts(Socket, [{active, once}]),
            {NewGroup, NewRest} = read(Socket, Group, <<Rest/binary, Bytes/binary>>),
            serve(Socket, NewGroup, NewRest);
        {tcp_closed, Socket} -> ok;
        {tcp_error, Socket, _} -> ok
    end.

read(Socket, Group, <<1:1, 0:3, 1:4, 1:1, 126:7, Len:16, Mask:32, Masked:Len/binary, Rest/binary>>) ->
    read(Socket, said(Socket, Group, unmask(Masked, Mask)), Rest);
read(Socket, Group, <<1:1, 0:3, 1:4, 1:1, Len:7, Mask:32, Masked:Len/binary, Rest/binary>>)
  when Len < 126 ->
    read(Socket, said(Socket, Group, unmask(Masked, Mask)), Rest);
read(_Socket, Group, Rest) ->
    {Group, binary:copy(Rest)}.

said(Socket, none, Text) ->
    [<<"join">>, Group | _] = binary:split(Text, <<" ">>, [global]),
    ok = pg:join(binary:copy(Group), self()),
    ok = gen_tcp:send(Socket, frame(<<"joined">>)),
    binary:copy(Group);
said(_Socket, Group, Text) ->
    Message = {relay, frame(Text)},
    Self = self(),
    [Pid ! Message || Pid <- pg:get_members(Group), Pid =/= Self],
    Group.

frame(Text) when byte_size(Text) < 126 -> <<1:1, 0:3, 1:4, 0:1, (byte_size(Text)):7, Text/binary>>;
frame(Text) -> <<1:1, 0:3, 1:4, 0:1, 126:7, (byte_size(Text)):16, Text/binary>>.

%% One big number for the whole of it: the key repeated as often as it takes.
unmask(Masked, Mask) ->
    Bits = bit_size(Masked),
    Key = binary:copy(<<Mask:32>>, byte_size(Masked) div 4 + 1),
    <<Repeated:Bits, _/bitstring>> = Key,
    <<Number:Bits>> = Masked,
    <<(Number bxor Repeated):Bits>>.
