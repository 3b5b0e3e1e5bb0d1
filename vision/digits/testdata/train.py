# Trains the network of the test of package vision/digits: README.md in this folder.
import torch,torch.nn as nn,torch.nn.functional as F,numpy as np,gzip,time,sys,math
torch.set_num_threads(1); torch.manual_seed(0)
folder=sys.argv[1]; crops=sys.argv[2].split(','); secs=float(sys.argv[3]); out=sys.argv[4]
def idx(n,off,shape): return np.frombuffer(gzip.open(folder+'/'+n).read(),np.uint8)[off:].reshape(shape)
X=torch.tensor(idx('train-images-idx3-ubyte.gz',16,(-1,1,28,28)).copy()); Y=torch.tensor(idx('train-labels-idx1-ubyte.gz',8,(-1,)).copy()).long()
C=np.concatenate([np.fromfile(c,np.uint8)[:(len(np.fromfile(c,np.uint8))//785)*785].reshape(-1,785) for c in crops])
CX=torch.tensor(C[:,1:].reshape(-1,1,28,28).copy()); CY=torch.tensor(C[:,0].copy()).long()
perm=torch.randperm(len(CY)); CX,CY=CX[perm],CY[perm]
nv=len(CY)//8; VX,VY=CX[:nv],CY[:nv]; CX,CY=CX[nv:],CY[nv:]
print(len(CY),torch.bincount(CY).tolist())
def reframe(x): # x B,1,56,56 -> B,1,28,28 framed
    B=x.shape[0]; m=(x[:,0]>0.3).float()
    ar=torch.arange(56.)
    rows=m.amax(2); cols=m.amax(1)
    big=1e3
    y0=torch.where(rows>0,ar,big*torch.ones_like(rows)).amin(1); y1=torch.where(rows>0,ar,-big*torch.ones_like(rows)).amax(1)+1
    x0=torch.where(cols>0,ar,big*torch.ones_like(cols)).amin(1); x1=torch.where(cols>0,ar,-big*torch.ones_like(cols)).amax(1)+1
    s=torch.maximum(y1-y0,x1-x0)/40  # source px per target px(56 grid)
    w=x[:,0].sum((1,2))+1e-6
    cx=(x[:,0].sum(1)*(ar+.5)).sum(1)/w; cy=(x[:,0].sum(2)*(ar+.5)).sum(1)/w
    th=torch.zeros(B,2,3); th[:,0,0]=s; th[:,1,1]=s; th[:,0,2]=cx/28-1; th[:,1,2]=cy/28-1
    y=F.grid_sample(x,F.affine_grid(th,(B,1,56,56),align_corners=False),align_corners=False)
    return F.avg_pool2d(y,2)
def aug(x,rot=22.):
    B=x.shape[0]; a=(torch.rand(B)*2-1)*rot*math.pi/180
    sx=torch.empty(B).uniform_(.9,1.12); sy=torch.empty(B).uniform_(.9,1.12); sh=torch.empty(B).uniform_(-.2,.2)
    z=1.25
    th=torch.zeros(B,2,3); th[:,0,0]=z*sx*a.cos(); th[:,0,1]=z*sx*(-a.sin()+sh); th[:,1,0]=z*sy*a.sin(); th[:,1,1]=z*sy*a.cos()
    y=F.grid_sample(x,F.affine_grid(th,(B,1,56,56),align_corners=False),align_corners=False)
    k=torch.randint(0,6,(B,))
    d1=F.max_pool2d(y,3,1,1); d2=F.max_pool2d(d1,3,1,1); e1=-F.max_pool2d(-y,3,1,1)
    r=lambda v:(k==v).view(-1,1,1,1).float()
    y=y*(r(0)+r(1)+r(2))+d1*r(3)+d2*r(4)+(.6*e1+.4*y)*r(5)
    y=(y*torch.empty(B,1,1,1).uniform_(1,3)-torch.empty(B,1,1,1).uniform_(0,.5)).clamp(0,1)
    return reframe(y)
net=nn.Sequential(nn.Conv2d(1,16,5,padding=2,bias=False),nn.BatchNorm2d(16),nn.ReLU(),nn.MaxPool2d(2),
 nn.Conv2d(16,32,3,padding=1,bias=False),nn.BatchNorm2d(32),nn.ReLU(),
 nn.Conv2d(32,32,3,padding=1,bias=False),nn.BatchNorm2d(32),nn.ReLU(),nn.MaxPool2d(2),
 nn.Conv2d(32,64,3,padding=1,bias=False),nn.BatchNorm2d(64),nn.ReLU(),nn.MaxPool2d(2),nn.Flatten(),nn.Dropout(.2),nn.Linear(576,11))
opt=torch.optim.AdamW(net.parameters(),3e-3,weight_decay=1e-2)
t0=time.process_time(); i=0; ema={k:v.clone() for k,v in net.state_dict().items()}
while True:
    f=(time.process_time()-t0)/secs
    if f>=1: break
    for g in opt.param_groups: g['lr']=4e-3*min(1,i/200)*(1+math.cos(math.pi*f))/2
    j=torch.randint(0,60000,(64,)); k=torch.randint(0,len(CY),(96,))
    with torch.no_grad():
        x=torch.cat([aug(X[j].float()/255),CX[k].float()/255]); y=torch.cat([Y[j],CY[k]])
        sh=torch.randint(-1,2,(2,)); x=torch.roll(x,(int(sh[0]),int(sh[1])),(2,3))
    net.train(); loss=F.cross_entropy(net(x),y,label_smoothing=.02); opt.zero_grad(); loss.backward(); opt.step()
    for k2,v in net.state_dict().items():
        if v.dtype.is_floating_point: ema[k2].lerp_(v,.005)
        else: ema[k2]=v.clone()
    i+=1
    if i%100==0: print(i,int(time.process_time()-t0),loss.item(),flush=True)
net.load_state_dict(ema); net.eval()
with torch.no_grad():
    p=net(VX.float()/255); print('val crops',(p.argmax(1)==VY).float().mean().item(),'digits',(p.argmax(1)==VY)[VY<10].float().mean().item(),'neg',(p.argmax(1)==VY)[VY==10].float().mean().item())
    print('train mnist',(net(X[:5000].float()/255).argmax(1)==Y[:5000]).float().mean().item())
from safetensors.torch import save_file
# Fold each batch norm into the convolution before it.
d=net.state_dict(); parts={}
for i,c in enumerate((0,4,7,11)):
    s=d[f'{c+1}.weight']/(d[f'{c+1}.running_var']+1e-5).sqrt()
    parts[f'conv.{i}.weight']=(d[f'{c}.weight']*s[:,None,None,None]).contiguous()
    parts[f'conv.{i}.bias']=d[f'{c+1}.bias']-d[f'{c+1}.running_mean']*s
parts['linear.weight'],parts['linear.bias']=d['17.weight'],d['17.bias']
save_file(parts,out)
