import { Link } from 'react-router';
import { PageHeader } from '../components/PageHeader';
import { Empty } from '../components/states';

export default function NotFoundPage() {
  return (
    <>
      <PageHeader title="No such page" />
      <Empty title="There is nothing at this address." action={<Link to="/">To the dashboard</Link>} />
    </>
  );
}
