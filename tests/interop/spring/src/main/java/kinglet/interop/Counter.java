package kinglet.interop;

import org.springframework.messaging.Message;
import org.springframework.messaging.MessageChannel;
import org.springframework.messaging.simp.stomp.StompHeaderAccessor;
import org.springframework.messaging.support.ChannelInterceptor;

/**
 * Says who connects and who leaves, as a page of 2021 shows it. A beat has no command, so that
 * the switch fails on the first one: many brokers out there have this fault.
 */
class Counter implements ChannelInterceptor {
    @Override
    public void postSend(Message<?> message, MessageChannel channel, boolean sent) {
        var accessor = StompHeaderAccessor.wrap(message);
        switch (accessor.getCommand()) {
            case CONNECT -> System.out.println("CONNECT " + accessor.getSessionId());
            case DISCONNECT -> System.out.println("DISCONNECT " + accessor.getSessionId());
            default -> { }
        }
    }
}
