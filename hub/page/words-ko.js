// Korean.

export default {
  'No host matches.': '일치하는 호스트가 없습니다.',
  'Sign in': '로그인',
  'Sign in to look at this hub': '이 허브를 보려면 로그인하세요',
  'Sign out': '로그아웃',
  'That token is not accepted.': '이 토큰은 사용할 수 없습니다.',
  'The hub does not answer.': '허브가 응답하지 않습니다.',
  'There is no such name with this password.': '이름 또는 비밀번호가 올바르지 않습니다.',
  'This needs more rights': '이 작업에는 더 많은 권한이 필요합니다',
  'This needs other rights': '이 작업에는 다른 권한이 필요합니다',
  'Too many passwords were tried from here. Wait a minute.': '이 주소에서 너무 많이 시도했습니다. 1분 후 다시 시도하세요.',
  'Use a name and a password': '이름과 비밀번호 사용',
  'Use a token': '토큰 사용',
  'not signed in': '로그인하지 않음',
};
