package kinglet.interop;

import java.util.List;
import org.apache.activemq.broker.BrokerPlugin;
import org.apache.activemq.broker.BrokerService;
import org.apache.activemq.security.AuthenticationUser;
import org.apache.activemq.security.SimpleAuthenticationPlugin;

/** ActiveMQ Classic with STOMP over WebSocket, and one who may log in: {@code Broker PORT}. */
public class Broker {
    public static void main(String[] arguments) throws Exception {
        var broker = new BrokerService();
        broker.setPersistent(false);
        broker.setUseJmx(false);
        broker.setUseShutdownHook(true);
        broker.addConnector("ws://127.0.0.1:" + arguments[0]);
        var kinglet = new AuthenticationUser("kinglet", "secret", "agents");
        broker.setPlugins(new BrokerPlugin[] {new SimpleAuthenticationPlugin(List.of(kinglet))});
        broker.start();
        broker.waitUntilStarted();
        System.out.println("ready: ActiveMQ " + BrokerService.class.getPackage()
                .getImplementationVersion());
        broker.waitUntilStopped();
    }
}
