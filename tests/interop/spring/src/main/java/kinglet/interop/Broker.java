package kinglet.interop;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootVersion;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.core.SpringVersion;
import org.springframework.messaging.simp.config.ChannelRegistration;
import org.springframework.messaging.simp.config.MessageBrokerRegistry;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;
import org.springframework.web.socket.config.annotation.EnableWebSocketMessageBroker;
import org.springframework.web.socket.config.annotation.StompEndpointRegistry;
import org.springframework.web.socket.config.annotation.WebSocketMessageBrokerConfigurer;

/**
 * Spring's simple broker, as tutorials set it up: a plain endpoint, one for SockJS, a scheduler
 * for beats where {@code beats} says how often, and the interceptor of a page that counts who
 * comes and goes where {@code counted} asks for it.
 */
@SpringBootApplication
@EnableWebSocketMessageBroker
public class Broker implements WebSocketMessageBrokerConfigurer {
    @Value("${beats:0}")
    private long beats;

    @Value("${counted:false}")
    private boolean counted;

    public static void main(String[] arguments) {
        SpringApplication.run(Broker.class, arguments);
        System.out.println("ready: Spring Boot " + SpringBootVersion.getVersion()
                + ", Spring " + SpringVersion.getVersion());
    }

    @Override
    public void configureMessageBroker(MessageBrokerRegistry registry) {
        var simple = registry.enableSimpleBroker("/topic");
        if (beats > 0) {
            var scheduler = new ThreadPoolTaskScheduler();
            scheduler.initialize();
            simple.setTaskScheduler(scheduler).setHeartbeatValue(new long[] {beats, beats});
        }
    }

    @Override
    public void registerStompEndpoints(StompEndpointRegistry registry) {
        registry.addEndpoint("/ws").setAllowedOriginPatterns("*");
        registry.addEndpoint("/sockjs").setAllowedOriginPatterns("*").withSockJS();
    }

    @Override
    public void configureClientInboundChannel(ChannelRegistration registration) {
        if (counted) {
            registration.interceptors(new Counter());
        }
    }
}
