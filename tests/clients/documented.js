class WebSocketClient {
  constructor(url) {
    this.url = url;
    this.ws = null;
    this.reconnectAttempts = 0;
    this.maxReconnectAttempts = 5;
    this.eventHandlers = {};
  }

  connect() {
    try {
      this.ws = new WebSocket(this.url);
      this.setupEventHandlers();
    } catch (error) {
      console.error('WebSocket连接失败:', error);
      this.handleReconnect();
    }
  }

  setupEventHandlers() {
    this.ws.onopen = () => {
      console.log('WebSocket连接已建立');
      this.reconnectAttempts = 0;
      this.sendPing();
    };

    this.ws.onmessage = (event) => {
      try {
        const message = JSON.parse(event.data);
        this.handleMessage(message);
      } catch (error) {
        console.error('解析消息失败:', error);
      }
    };

    this.ws.onclose = () => {
      console.log('WebSocket连接已关闭');
      this.handleReconnect();
    };

    this.ws.onerror = (error) => {
      console.error('WebSocket错误:', error);
    };
  }

  handleMessage(message) {
    const { type, data } = message;

    switch (type) {
      case 'performance':
        this.updatePerformanceDisplay(data);
        break;
      case 'alert':
        this.showAlert(data);
        break;
      case 'status':
        this.updateStatusDisplay(data);
        break;
      case 'pong':
        // 心跳响应
        break;
      default:
        console.log('未知消息类型:', type);
    }

    // 触发自定义事件处理器
    if (this.eventHandlers[type]) {
      this.eventHandlers[type](data);
    }
  }

  subscribe(events, filters = {}) {
    this.send({
      type: 'subscribe',
      data: { events, filters }
    });
  }

  send(message) {
    if (this.ws && this.ws.readyState === WebSocket.OPEN) {
      this.ws.send(JSON.stringify(message));
    }
  }

  sendPing() {
    this.send({ type: 'ping' });
    // 每30秒发送一次心跳
    setTimeout(() => this.sendPing(), 30000);
  }

  on(eventType, handler) {
    this.eventHandlers[eventType] = handler;
  }

  off(eventType) {
    delete this.eventHandlers[eventType];
  }

  updatePerformanceDisplay(data) {
    // 更新性能显示
    if (data.cpu_percent !== undefined) {
      document.getElementById('cpu-value').textContent = `${data.cpu_percent.toFixed(1)}%`;
    }
    if (data.memory_percent !== undefined) {
      document.getElementById('memory-value').textContent = `${data.memory_percent.toFixed(1)}%`;
    }
  }

  showAlert(alert) {
    // 显示告警
    const alertElement = document.createElement('div');
    alertElement.className = `alert alert-${alert.level}`;
    alertElement.textContent = alert.message;
    document.getElementById('alerts-container').appendChild(alertElement);

    // 5秒后自动移除
    setTimeout(() => alertElement.remove(), 5000);
  }

  updateStatusDisplay(data) {
    // 更新状态显示
    const statusElement = document.getElementById(`${data.component}-status`);
    if (statusElement) {
      statusElement.textContent = data.status;
      statusElement.className = `badge badge-${data.status}`;
    }
  }

  handleReconnect() {
    if (this.reconnectAttempts < this.maxReconnectAttempts) {
      this.reconnectAttempts++;
      const delay = Math.pow(2, this.reconnectAttempts) * 1000; // 指数退避
      console.log(`尝试重新连接... (${this.reconnectAttempts}/${this.maxReconnectAttempts})`);
      setTimeout(() => this.connect(), delay);
    } else {
      console.error('达到最大重连次数');
    }
  }

  close() {
    if (this.ws) {
      this.ws.close();
      this.ws = null;
    }
  }
}

// 使用示例
const client = new WebSocketClient('ws://localhost:8080/ws');

client.connect();

// 订阅事件
client.subscribe(['alert.cpu', 'alert.memory'], {
  level: ['warning', 'critical']
});

// 注册事件处理器
client.on('performance', (data) => {
  console.log('性能更新:', data);
});

client.on('alert', (alert) => {
  console.log('收到告警:', alert);
  // 可以在这里添加自定义告警处理逻辑
});
