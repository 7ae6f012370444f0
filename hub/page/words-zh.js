// Chinese, in simplified characters.

export default {
  'No host matches.': '没有匹配的主机。',
  'Sign in': '登录',
  'Sign in to look at this hub': '登录以查看此面板',
  'Sign out': '退出登录',
  'That token is not accepted.': '该令牌无效。',
  'The hub does not answer.': '中心没有响应。',
  'There is no such name with this password.': '用户名或密码不正确。',
  'This needs more rights': '此操作需要更多权限',
  'This needs other rights': '此操作需要其他权限',
  'Too many passwords were tried from here. Wait a minute.': '此地址尝试次数过多，请稍等一分钟。',
  'Use a name and a password': '使用用户名和密码',
  'Use a token': '使用令牌',
  'not signed in': '未登录',
};
